package mapping_test

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rezora2nutshell/internal/mapping"
)

// The published schema takes what Parse takes, and refuses the shapes that Parse refuses; what only the whole file can tell (names that
// clash, keys that stand twice) is left to Parse.
func TestSchemaAgreesWithTheParser(t *testing.T) {
	t.Parallel()
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(mapping.Schema()))
	require.NoError(t, err)
	c := jsonschema.NewCompiler()
	require.NoError(t, c.AddResource("mapping.json", doc))
	schema, err := c.Compile("mapping.json")
	require.NoError(t, err)
	takes := func(text string) error {
		j, err := yaml.YAMLToJSON([]byte(text))
		require.NoError(t, err, text)
		if len(bytes.TrimSpace(j)) == 0 {
			j = []byte("null")
		}
		v, err := jsonschema.UnmarshalJSON(bytes.NewReader(j))
		require.NoError(t, err, text)
		return schema.Validate(v)
	}
	for _, good := range []string{
		string(mapping.DefaultFile()), string(mapping.Default().YAML()), "", "version: 1\n", "policies:\nlead_status:\n",
		"policies: {existing: skip, fallback_owner: jo@example.com}\n", "custom_fields: {person: {Email_Status__c: false, Rezora_Contact_Type__c: Kind}}\n",
		"custom_properties:\n  person: {A: {name: B, type: date}, No: false, \"x y\": {type: select}, k: Kay, t: true}\n  company: {Region: \"on\"}\n",
		"lead_status: {won back: won, \"7\": pending}\nactivity_types: {sms: note}\nowners: {a@x.com: b@x.com}\nmerge_fields: {PRICE: \"{{p}}\"}\ncampaign_notes: {most_people: 0}\nfree_mail: {tern.example.com: true}\n",
	} {
		_, problems := mapping.Parse("m", []byte(good))
		require.Empty(t, problems, good)
		assert.NoError(t, takes(good), good)
	}
	for i, bad := range strings.Split(`version: 2
nonsense: 1
policies: {existing: overwrite}
policies: [1]
policies: {fallback_owner: 7}
policies: {nobody: x}
fields: {person: {nick: true}}
fields: {company: {url: maybe}}
custom_fields: {person: {Unknown__c: true}}
custom_fields: {person: {Rezora_Owner__c: ""}}
custom_fields: {person: {Rezora_Company_Name__c: [a]}}
custom_fields: {person: {Rezora_Contact_Type__c: `+strings.Repeat("x", 256)+`}}
custom_properties: {person: {C: {type: money}}}
custom_properties: {person: {C: {size: 3}}}
custom_properties: {agent: {}}
lead_status: {cold: frozen}
lead_status: {hot: }
activity_types: {sms: text}
campaign_notes: {most_people: 1.5}
campaign_notes: {least: 1}
free_mail: {x.com: 1}
- a
text`, "\n") {
		_, problems := mapping.Parse("m", []byte(bad))
		assert.NotEmpty(t, problems, "%d %s", i, bad)
		assert.Error(t, takes(bad), fmt.Sprintf("line %d %s", i, bad))
	}
}
