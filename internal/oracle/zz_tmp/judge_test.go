package zz
import ("testing";"time";"os";"github.com/stretchr/testify/require"
"rezora2nutshell/clients/nutshell/nutshelltest";"rezora2nutshell/clients/rezora/rezoratest";"rezora2nutshell/internal/oracle")
func TestJudgeReal(t *testing.T){
 c:=rezoratest.DefaultConfig(); c.Size=os.Getenv("SIZE"); if c.Size==""{c.Size="XS"}
 if os.Getenv("ODD")!="" { c.DirtyText=0.2; c.OddCustomProperties=0.2; c.DanglingRefs=0.05; c.CompanyCycle=true; c.AttachmentOdd=true; c.FutureDates=true }
 d:=nutshelltest.DefaultConfig(); d.FindRatePerSecond=0
 s:=newStack(t,c,d); before:=s.dest.Snapshot()
 s.work()
 s.start(`{"migration":"acme","sample_size":20,"delta_window":"0s","on_orphans":"fallback","fallback_owner":"bo@example.com"}`)
 g:=s.untilGate("acme"); s.confirm("acme",g)
 p:=s.result("acme",5*time.Minute); require.Equal(t,"completed",p.Status,p.Reason)
 src,err:=oracle.SourceOf(s.source,false); require.NoError(t,err)
 de,err:=oracle.DestinationOf(s.dest); require.NoError(t,err)
 t0:=time.Now()
 pr:=oracle.Judge(oracle.Account{Source:src,Dest:de,Before:before,FilesOffered:true,LinkBase:"file://"+s.dir+"/archive/acme",Policies:oracle.Policies{OnOrphans:"fallback",FallbackOwner:"bo@example.com"}})
 t.Log("judge",time.Since(t0),len(pr)); require.Empty(t,pr,oracle.Lines(pr,40))
}
