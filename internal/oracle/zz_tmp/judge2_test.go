package zz
import ("testing";"strings";"time";"os";"fmt";"rezora2nutshell/internal/api";"github.com/stretchr/testify/require"
"rezora2nutshell/clients/nutshell/nutshelltest";"rezora2nutshell/clients/rezora/rezoratest";"rezora2nutshell/internal/oracle")
type obj=map[string]any
func str(v any) string { s,_:=v.(string); return s }
func TestJudgeMerge(t *testing.T){
 for _,policy:=range []string{"merge","skip","create"} { t.Run(policy,func(t *testing.T){
 c:=rezoratest.DefaultConfig(); c.Size="XS"; c.LegacyOnly=0.1; c.UnsubscribedOnlyIn="legacy"; c.LegacyServesDeleted=0.05
 if os.Getenv("ODD")!="" { c.DirtyText=0.2; c.OddCustomProperties=0.2; c.DanglingRefs=0.05; c.CompanyCycle=true; c.AttachmentOdd=true; c.UnknownFields=true; c.AttachmentFault=map[string]string{"att-501":"missing","att-502":"wrong_hash"}}
 d:=nutshelltest.DefaultConfig(); d.FindRatePerSecond=0
 if os.Getenv("ODD")!="" { d.APIKeys=[]nutshelltest.APIKey{{Key:nutshelltest.SeedKey,UserID:1,Impersonation:true}}; d.NoteFiles="off"; d.AttributeShape="full"; d.RecordShape="full" }
 s:=newStack(t,c,d)
 if os.Getenv("ODD")!="" { s.env["NUTSHELL_IMPERSONATE"]="true" } else { s.dest.AddActivityType("Email") }
 cred:=s.dir+"/cred.csv"; require.NoError(t,s.source.WriteCredentials(cred))
 s.env["REZORA_LEGACY_BASE_URL"]=s.source.URL+"/v1"; s.env["REZORA_LEGACY_CREDENTIALS_FILE"]=cred
 must:=func(id int64,err error) int64 { require.NoError(t,err); return id }
 // existing
 must(s.dest.AddCustomField("Contacts",nutshelltest.FieldDef{Name:"Preferred Area",Type:"Text"}))
 must(s.dest.AddCustomField("Contacts",nutshelltest.FieldDef{Name:"Lender",Type:"Number"}))
 must(s.dest.AddCustomField("Contacts",nutshelltest.FieldDef{Name:"birthday",Type:"LongText"}))
 var accs []int64
 for i,r:=range s.source.Rows("companies",false) { if i%3==0 { f:=obj{"name":str(r["name"])+" old"}
   if u:=str(r["website"]);u!="" { f["url"]=obj{"0":u+"/about"} } else { f["name"]=str(r["name"]) }
   accs=append(accs,must(s.dest.CreateAccount(f))) } }
 for i,r:=range s.source.Rows("contacts",false) { e:=strings.TrimSpace(str(r["email"])); if e==""{continue}
   switch i%6 { case 0: must(s.dest.CreateContact(obj{"name":"Was There","email":obj{"work":e}}))
   case 1: id:=must(s.dest.CreateContact(obj{"name":fmt.Sprintf("Old %d",i),"email":obj{"0":"other@example.org","work":e},"phone":obj{"mobile":"303-555-0199"},"description":"kept","owner":obj{"entityType":"Users","id":2},"customFields":obj{"Preferred Area":"Mine"}}))
     if len(accs)>0 { require.NoError(t,s.dest.EditContact(id,obj{"accounts":[]any{obj{"id":accs[0]}}})) }
     must(s.dest.AddNote("Contacts",id,"mine"))
   case 2: must(s.dest.CreateContact(obj{"email":obj{"0":e}}))
   case 3: must(s.dest.CreateContact(obj{"name":"A","email":obj{"0":e}})); must(s.dest.CreateContact(obj{"name":"B","email":obj{"0":e}})) } }
 must(s.dest.CreateTask(obj{"title":"mine"}))
 before:=s.dest.Snapshot()
 s.work()
 s.start(`{"migration":"acme","sample_size":20,"delta_window":"0s","existing":"`+policy+`"}`)
 g:=s.until("acme","gate",3*time.Minute,func(p0 api.Progress) bool { return p0.WaitingFor=="confirm" })
 s.confirm("acme",g)
 p:=s.result("acme",5*time.Minute); require.Equal(t,"completed",p.Status,p.Reason)
 src,err:=oracle.SourceOf(s.source,true); require.NoError(t,err)
 de,err:=oracle.DestinationOf(s.dest); require.NoError(t,err)
 pr:=oracle.Judge(oracle.Account{Source:src,Dest:de,Before:before,FilesOffered:os.Getenv("ODD")=="",Impersonate:os.Getenv("ODD")!="",LinkBase:"file://"+s.dir+"/archive/acme",Policies:oracle.Policies{Existing:policy}})
 if len(pr)>0 { t.Error(oracle.Lines(pr,30)) }
 })}
}
