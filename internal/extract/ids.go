package extract

import (
	"encoding/json"

	"rezora2nutshell/internal/record"
)

// addedID is the id of a record that the union takes from legacy alone.
func (r *Reader) addedID(legacyID string) string {
	if r.Union.MatchByID {
		return legacyID
	}
	return "legacy:" + legacyID
}

// legacyID reads the id of a legacy record as served, or in canonical form.
func legacyID(kind record.Kind, item json.RawMessage) string {
	var fields map[string]json.RawMessage
	if len(item) == 0 || json.Unmarshal(item, &fields) != nil {
		return ""
	}
	for _, name := range []string{legacyIDs[kind], "id"} {
		var text string
		if v := fields[name]; len(v) > 0 {
			if json.Unmarshal(v, &text) == nil {
				return text
			}
			return string(v)
		}
	}
	return ""
}

// legacyIDs are the names of ids on the legacy wire (rezora contract 2.4).
var legacyIDs = map[record.Kind]string{
	record.Agents: "user_id", record.Teams: "group_id", record.TeamMemberships: "usertogroup_id", record.Contacts: "contact_id",
	record.DistributionGroups: "list_id", record.GroupMemberships: "contacttolist_id",
}
