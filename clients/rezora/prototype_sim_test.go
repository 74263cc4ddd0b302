package rezora_test

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rezora2nutshell/clients/rezora"
	"rezora2nutshell/clients/rezora/rezoratest"
	"rezora2nutshell/internal/record"
)

// leaf follows a dotted path; what is missing on the way is null.
func leaf(item map[string]any, path string) any {
	var at any = item
	for _, name := range strings.Split(path, ".") {
		m, _ := at.(map[string]any)
		at = m[name]
	}
	return at
}

// values are the fields of an item that the profile maps by path, in one line.
func values(t *testing.T, rec record.Record, fields map[string]string) string {
	t.Helper()
	var item map[string]any
	require.NoError(t, json.Unmarshal(rec.Canon, &item))
	skip := map[record.Kind][]string{record.Activities: {"id", "type"}, record.Contacts: {"kind"}, record.DistributionGroups: {"kind"}, record.Campaigns: {"status"}}[rec.Kind]
	var out []string
	for path, text := range fields {
		if strings.HasPrefix(text, "=") || slices.Contains(skip, path) {
			continue
		}
		v := leaf(item, path)
		if list, ok := v.([]any); ok {
			slices.SortFunc(list, func(a, b any) int { return strings.Compare(fmt.Sprint(a), fmt.Sprint(b)) })
		}
		if v == nil || v == "" {
			continue
		}
		out = append(out, fmt.Sprintf("%s=%v", path, v))
	}
	slices.Sort(out)
	return strings.Join(out, "; ")
}

// ofEvent are the fields that the profile maps for one type of event.
func ofEvent(r *rezora.Resource, event string) map[string]string {
	out := map[string]string{}
	for path, text := range r.Fields {
		out[path] = text
	}
	for _, part := range r.Parts {
		if constant := part.Fields["type"]; constant == "="+event || constant[0] != '=' && strings.HasPrefix(event, "property_") {
			for path, text := range part.Fields {
				out[path] = text
			}
		}
	}
	return out
}

func TestPrototypeAndDv1GiveTheSameValues(t *testing.T) {
	sim, dv1 := simulated(t, func(c *rezoratest.Config) { c.LegacyOnly = 0 }, nil)
	o := options(sim.URL)
	o.Profile = "prototype"
	proto := client(t, o)
	caps, err := proto.Preflight(context.Background())
	require.NoError(t, err)
	p, err := rezora.LoadProfile("prototype")
	require.NoError(t, err)
	for _, kind := range record.Kinds {
		r := p.Resources[kind]
		assert.Equal(t, r != nil, caps.Offers(kind), kind)
		if r == nil {
			continue
		}
		fields := map[string]string{}
		for path, text := range r.Fields {
			fields[path] = text
		}
		read := func(c *rezora.Client) map[string]record.Record {
			out := map[string]record.Record{}
			res, err := c.Walk(context.Background(), rezora.WalkRequest{Kind: kind, Limit: 40, IncludeDeleted: true}, func(_ context.Context, p rezora.Page) error {
				for _, r := range p.Records {
					require.NotContains(t, out, r.ID)
					out[r.ID] = r
				}
				return nil
			})
			require.NoError(t, err, kind)
			require.False(t, res.AsOf.IsZero())
			return out
		}
		want, got := read(dv1), read(proto)
		require.NotEmpty(t, got, kind)
		if kind == record.Activities {
			var a, b []string
			for _, rec := range want {
				if event, _ := record.SplitKey(kind, rec.ID); event != "info_request" {
					a = append(a, event+" "+values(t, rec, ofEvent(r, event)))
				}
			}
			for _, rec := range got {
				event, _ := record.SplitKey(kind, rec.ID)
				b = append(b, event+" "+values(t, rec, ofEvent(r, event)))
			}
			slices.Sort(a)
			slices.Sort(b)
			require.Len(t, b, len(a))
			for i := range a {
				require.Equal(t, a[i], b[i])
			}
			continue
		}
		for id, rec := range got {
			if !assert.Contains(t, want, id, kind) || want[id].Deleted {
				continue
			}
			if !assert.Equal(t, values(t, want[id], fields), values(t, rec, fields), "%s %s", kind, id) {
				break
			}
			assert.NotNil(t, rec.Raw)
			if kind == record.Contacts {
				assert.Equal(t, values(t, want[id], map[string]string{"shared_agent_ids": "", "custom_properties": ""}),
					values(t, rec, map[string]string{"shared_agent_ids": "", "custom_properties": ""}))
			}
		}
		for id := range got {
			if got[id].Deleted {
				continue
			}
			rec, state, err := proto.Item(context.Background(), kind, id)
			require.NoError(t, err)
			assert.Equal(t, rezora.Live, state, "%s %s", kind, id)
			assert.Equal(t, id, rec.ID)
			_, state, err = proto.Item(context.Background(), kind, strings.TrimRight(id, "0123456789")+"987654321")
			require.NoError(t, err, kind)
			assert.Equal(t, rezora.Absent, state, kind)
			break
		}
	}
}
