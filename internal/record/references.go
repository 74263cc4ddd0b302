package record

import (
	"encoding/json"
	"fmt"
)

// Reference is an id that a record holds of another record. It may dangle: the record is kept all the same, and the reference is
// looked at again after the last resource (rezora contract 4.1).
type Reference struct {
	Field string // dotted path
	Kind  Kind
	ID    string
}

var parentKinds = map[string]Kind{
	"contact": Contacts, "company": Companies, "lead": Leads, "campaign": Campaigns, "note": Notes, "task": Tasks,
	"interaction": Interactions, "listing": Listings, "template": Templates,
}

// References lists the ids of other records that a record holds.
func References(rec Record) ([]Reference, error) {
	schema := Schema(rec.Kind)
	if schema == nil {
		return nil, fmt.Errorf("references of %s: no such resource", rec.Kind)
	}
	var item map[string]json.RawMessage
	if err := json.Unmarshal(rec.Canon, &item); err != nil {
		return nil, fmt.Errorf("references of %s %s: canonical item is no object", rec.Kind, rec.ID)
	}
	out := schema.references(item, "", nil)
	if parent := parentKinds[scalar(item["parent_type"])]; parent != "" && schema.Get("parent_type") != nil {
		if id := scalar(item["parent_id"]); id != "" {
			out = append(out, Reference{Field: "parent_id", Kind: parent, ID: id})
		}
	}
	return out, nil
}

func (f *Fields) references(item map[string]json.RawMessage, prefix string, out []Reference) []Reference {
	for _, field := range f.list {
		if field.Ref == "" && field.Fields == nil {
			continue
		}
		for _, value := range values(field, item[field.Name]) {
			if field.Fields != nil {
				var inner map[string]json.RawMessage
				if json.Unmarshal(value, &inner) == nil {
					out = field.Fields.references(inner, prefix+field.Name+".", out)
				}
			} else if id := scalar(value); id != "" {
				out = append(out, Reference{Field: prefix + field.Name, Kind: field.Ref, ID: id})
			}
		}
	}
	return out
}

func values(field *Field, raw json.RawMessage) []json.RawMessage {
	if len(raw) == 0 {
		return nil
	}
	if !field.List {
		return []json.RawMessage{raw}
	}
	var list []json.RawMessage
	if json.Unmarshal(raw, &list) != nil {
		return nil
	}
	return list
}

func scalar(raw json.RawMessage) string {
	var s string
	if json.Unmarshal(raw, &s) != nil {
		return ""
	}
	return s
}
