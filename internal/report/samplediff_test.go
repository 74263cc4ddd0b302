package report_test

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rezora2nutshell/internal/report"
)

func text(t *testing.T, write func(io.Writer) error) string {
	t.Helper()
	var b bytes.Buffer
	require.NoError(t, write(&b))
	return b.String()
}

func object(t *testing.T, write func(io.Writer) error) map[string]any {
	t.Helper()
	var out map[string]any
	require.NoError(t, json.Unmarshal([]byte(text(t, write)), &out))
	return out
}

func TestSampleDiffHasTheKeysThatScriptsRely(t *testing.T) {
	d := sampleDiff()
	require.NoError(t, report.Seal(&d, []byte(mapYAML), root))
	got := object(t, d.JSON)
	assert.ElementsMatch(t, []string{"digest", "records", "quarantined", "summary"}, keys(got))
	assert.Regexp(t, `^[0-9a-f]{64}$`, got["digest"])
	assert.Equal(t, d.Digest, got["digest"])
	first := got["records"].([]any)[0].(map[string]any)
	assert.ElementsMatch(t, []string{"object", "source_id", "target_type", "target_id", "fields"}, keys(first))
	assert.ElementsMatch(t, []string{"field", "source", "target", "verdict", "reason"}, keys(first["fields"].([]any)[0].(map[string]any)))
	assert.InDelta(t, 41, first["target_id"], 0)
	assert.ElementsMatch(t, []string{"object", "source_id", "reason"}, keys(got["quarantined"].([]any)[0].(map[string]any)))
	empty := report.SampleDiff{}
	assert.Contains(t, text(t, empty.JSON), `"records": []`)
	assert.Contains(t, text(t, empty.JSON), `"quarantined": []`)
}

func keys(m map[string]any) []string {
	var out []string
	for k := range m {
		out = append(out, k)
	}
	return out
}

func TestSummaryCountsByTheWorstVerdict(t *testing.T) {
	s := sampleDiff().Sum()
	assert.Equal(t, 19, s.Records)
	assert.Equal(t, 3, s.Faults)
	assert.Equal(t, report.VerdictCounts{Equal: 39, Transformed: 3, Truncated: 3, Missing: 1, Mismatch: 2}, s.Verdicts)
	people := s.Objects[1]
	assert.Equal(t, "people", people.Object)
	assert.Equal(t, report.VerdictCounts{Equal: 12, Truncated: 2, Missing: 1}, people.Worst)
	assert.Equal(t, 1, people.Quarantined)
	odd := report.DiffRecord{Fields: []report.DiffField{{Verdict: "fine, I guess"}}}
	assert.Equal(t, "mismatch", odd.Worst(), "an unknown verdict is never a good one")
}

// Whatever changes in the report, the map or the extract changes the digest; nothing else does.
func TestTheDigestBindsReportMapAndExtract(t *testing.T) {
	seal := func(change func(*report.SampleDiff), m, r string) string {
		d := sampleDiff()
		d.Digest = "left over"
		change(&d)
		require.NoError(t, report.Seal(&d, []byte(m), r))
		return d.Digest
	}
	nothing := func(*report.SampleDiff) {}
	base := seal(nothing, mapYAML, root)
	assert.Equal(t, base, seal(nothing, mapYAML, root))
	assert.Equal(t, base, seal(func(d *report.SampleDiff) { d.Approvers = nil }, mapYAML, root), "who may approve is no data")
	others := []string{
		seal(nothing, mapYAML+" ", root), seal(nothing, mapYAML, root+"0"), seal(nothing, mapYAML+root[:1], root[1:]),
		seal(func(d *report.SampleDiff) { d.Records[3].Fields[1].Target += "x" }, mapYAML, root),
		seal(func(d *report.SampleDiff) { d.Records[3].TargetID++ }, mapYAML, root),
		seal(func(d *report.SampleDiff) { d.Quarantined = d.Quarantined[1:] }, mapYAML, root),
	}
	seen := map[string]bool{base: true}
	for i, o := range others {
		assert.False(t, seen[o], "change %d is not in the digest", i)
		seen[o] = true
	}
	d := sampleDiff()
	require.NoError(t, report.Seal(&d, []byte(mapYAML), root))
	again := d.Digest
	require.NoError(t, report.Seal(&d, []byte(mapYAML), root))
	assert.Equal(t, again, d.Digest, "sealing a sealed report changes nothing")
}

func TestCSVKeepsEveryValueExactly(t *testing.T) {
	d := report.SampleDiff{Records: []report.DiffRecord{{Object: "people", SourceID: "1", TargetType: "Contacts", TargetID: 2}}}
	values := []string{"=1+1", "+49", "-5", "@x", "\ttab", `say "hi", you`, "two\nlines", "", " spaces ", "über 🏠"}
	for _, v := range values {
		d.Records[0].Fields = append(d.Records[0].Fields, report.DiffField{Field: "f", Source: v, Target: v, Verdict: "equal"})
	}
	d.Quarantined = []report.Quarantined{{Object: "notes", SourceID: "n", Reason: "no parent"}}
	out := text(t, d.CSV)
	assert.True(t, strings.HasPrefix(out, "object,source_id,target_type,target_id,field,verdict,source,target,reason\n"))
	rows, err := csv.NewReader(strings.NewReader(out)).ReadAll()
	require.NoError(t, err)
	require.Len(t, rows, len(values)+2)
	for i, v := range values {
		assert.Equal(t, v, rows[i+1][6])
		assert.Equal(t, v, rows[i+1][7])
	}
	assert.Equal(t, []string{"notes", "n", "", "", "", "quarantined", "", "", "no parent"}, rows[len(rows)-1])
}

func TestThePageTellsAnApproverHowToDecide(t *testing.T) {
	d := sampleDiff()
	require.NoError(t, report.Seal(&d, []byte(mapYAML), root))
	page := text(t, d.HTML)
	short := d.Digest[:12]
	for _, want := range []string{
		d.Digest, "migration/acme-2026", "Send a Signal", "jo@example.com, kim@example.com",
		"starter confirm acme-2026 --approve --approver you@example.com --report " + short, "starter confirm acme-2026 --reject",
		"temporal workflow signal --workflow-id migration/acme-2026 --name confirm", "tctl workflow signal --workflow_id migration/acme-2026",
		"{&#34;approved&#34;:true,&#34;approver&#34;:&#34;you@example.com&#34;,&#34;comment&#34;:&#34;&#34;,&#34;report&#34;:&#34;" + short + "&#34;}", "approved&#34;:false",
	} {
		assert.Contains(t, page, want)
	}
	faults, lists, choices, equal := strings.Index(page, ">Faults"), strings.Index(page, ">Shortened lists"), strings.Index(page, ">Choices that"), strings.Index(page, ">Equal, every")
	assert.True(t, 0 < faults && faults < lists && lists < choices && choices < equal, "faults first, equal records last: %d %d %d %d", faults, lists, choices, equal)
}

func TestDifferencesStayInSight(t *testing.T) {
	long := strings.Repeat("word ", 4000)
	d := report.SampleDiff{Migration: "m", Records: []report.DiffRecord{{Object: "notes", SourceID: "1", Fields: []report.DiffField{
		{Field: "note", Source: long + "alpha" + long, Target: long + "omega" + long, Verdict: "mismatch"},
		{Field: "space", Source: "a b", Target: "a  b", Verdict: "mismatch"},
		{Field: "gone", Source: "a", Target: "", Verdict: "missing"},
	}}}}
	page := text(t, d.HTML)
	assert.Contains(t, page, "<mark>alph</mark>")
	assert.Contains(t, page, "<mark>omeg</mark>")
	assert.Contains(t, page, "<mark>␣</mark>")
	assert.Contains(t, page, `<span class="none">nothing</span>`)
	assert.Less(t, len(page), 60_000)
}

func TestValuesAreNeverMarkup(t *testing.T) {
	evil := []string{`<script>alert(1)</script>`, `"><img src=x onerror=alert(1)>`, `</details></main><h1>`, `{{.Digest}}`, `javascript:alert(1)`, "\x00\u202e"}
	d := report.SampleDiff{Migration: "m", Approvers: evil}
	for i, e := range evil {
		for _, verdict := range []string{"equal", "transformed", "truncated", "missing", "mismatch", e} {
			d.Records = append(d.Records, report.DiffRecord{Object: e, SourceID: e, TargetType: e, TargetID: int64(i), Fields: []report.DiffField{
				{Field: e, Source: e, Target: e + "x", Verdict: verdict, Reason: e}, {Field: "name", Source: e, Target: e, Verdict: verdict},
			}})
		}
		d.Quarantined = append(d.Quarantined, report.Quarantined{Object: e, SourceID: e, Reason: e})
	}
	page := text(t, d.HTML)
	assert.Equal(t, 1, strings.Count(page, "<script"))
	assert.Equal(t, 1, strings.Count(page, "</script>"))
	assert.NotContains(t, page, "<img")
	assert.NotContains(t, page, "<h1></p>")
	assert.Equal(t, 1, strings.Count(page, "<main"))
	assert.Equal(t, strings.Count(page, "<details"), strings.Count(page, "</details>"))
}

// 500 records, of the sizes that real ones have and larger: the page stays small.
func TestALargeSampleIsASmallPage(t *testing.T) {
	seed := uint64(7)
	for name, size := range map[string]struct{ longest, every int }{"usual": {60, 1}, "long": {3000, 1}, "very long, some": {65_000, 20}} {
		t.Run(name, func(t *testing.T) {
			r := rand.New(rand.NewPCG(seed, seed))
			d := report.SampleDiff{Migration: "acme"}
			for i := range 500 {
				longest := 60
				if i%size.every == 0 {
					longest = size.longest
				}
				rec := report.DiffRecord{Object: "people", SourceID: fmt.Sprint(i), TargetType: "Contacts", TargetID: int64(i)}
				for f := range 30 {
					v := strings.Repeat("a<b ", 1+r.IntN(longest/4))
					verdict := []string{"equal", "equal", "equal", "transformed", "truncated", "mismatch"}[r.IntN(6)]
					rec.Fields = append(rec.Fields, report.DiffField{Field: fmt.Sprintf("customFields.Field %d", f), Source: v, Target: v, Verdict: verdict, Reason: "a rule"})
				}
				d.Records = append(d.Records, rec)
			}
			page := text(t, d.HTML)
			assert.Less(t, len(page), 5_000_000, "seed %d", seed)
			assert.Equal(t, 500, strings.Count(page, `<details class="rec"`), "every record is on the page")
		})
	}
}
