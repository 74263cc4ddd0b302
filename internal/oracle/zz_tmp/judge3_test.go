package zz
import ("testing";"strings";"time";"rezora2nutshell/internal/api";"github.com/stretchr/testify/require"
"rezora2nutshell/clients/nutshell/nutshelltest";"rezora2nutshell/clients/rezora/rezoratest";"rezora2nutshell/internal/oracle")
func TestJudgeChurn(t *testing.T){
 for _,policy:=range []string{"flag","delete"} { t.Run(policy,func(t *testing.T){
 c:=rezoratest.DefaultConfig(); c.Size="XS"; c.Seed=3
 d:=nutshelltest.DefaultConfig(); d.FindRatePerSecond=0
 s:=newStack(t,c,d); s.dest.AddActivityType("Email")
 before:=s.dest.Snapshot()
 s.work()
 s.start(`{"migration":"acme","sample_size":200,"delta_window":"0s","source_deletes":"`+policy+`"}`)
 g:=s.until("acme","gate",3*time.Minute,func(p0 api.Progress) bool { return p0.WaitingFor=="confirm" })
 app,err:=oracle.SourceOf(s.source,false); require.NoError(t,err)
 time.Sleep(1500*time.Millisecond)
 ch:=s.source.Churn(150); m:=map[string]int{}; for _,x:=range ch { m[x.Op+" "+x.Resource]++ }; t.Log(m)
 s.confirm("acme",g)
 p:=s.result("acme",5*time.Minute); require.Equal(t,"completed",p.Status,p.Reason)
 src,err:=oracle.SourceOf(s.source,false); require.NoError(t,err)
 de,err:=oracle.DestinationOf(s.dest); require.NoError(t,err)
 pr:=oracle.Judge(oracle.Account{Source:src,Approved:&app,Dest:de,Before:before,FilesOffered:true,LinkBase:"file://"+s.dir+"/archive/acme",Policies:oracle.Policies{SourceDeletes:policy}})
 if len(pr)>0 { for _,x:=range pr { for _,l:=range strings.Split(string(s.archived("acme","audit.jsonl")),"\n") { if x.SourceID!="" && strings.Contains(l,"\""+x.SourceID+"\"") { t.Log(l) } } }
  t.Error(oracle.Lines(pr,40)) }
 })}
}
