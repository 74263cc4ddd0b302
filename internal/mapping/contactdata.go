package mapping

import (
	"strings"

	"rezora2nutshell/internal/record"
	"rezora2nutshell/internal/target"
)

// email demands an address, trimmed; false when there is none that Nutshell takes.
func (b *build) email(value, field string) bool {
	trimmed := strings.TrimSpace(value)
	switch {
	case trimmed == "":
		return false
	case !validEmail(trimmed):
		b.refuse("email", value, "not an address that Nutshell takes", field)
		return false
	case chars(trimmed) > b.env.Limits.Email:
		b.refuse("email", value, tooLong(trimmed, b.env.Limits.Email), field)
		return false
	}
	w := target.Email(trimmed).From(value)
	if trimmed != value {
		w = w.As(target.Transformed, "trimmed")
	}
	b.put(w, field)
	return true
}

type labelled struct{ label, value string }

// phones demands numbers by label in the order given, the first of which is the primary one; it returns how many there are.
func (b *build) phones(numbers ...labelled) int {
	n := 0
	for _, p := range numbers {
		field := "phones." + p.label
		if !blank(p.value) && b.accepts("phone."+p.label, p.value, b.env.Limits.Phone, field) {
			b.put(target.Phone(p.label, p.value), field)
			n++
		}
	}
	return n
}

// address demands an address; a part that Nutshell would refuse is left out alone.
func (b *build) address(label string, a record.Address, source string) {
	report := "address"
	if label != "" {
		report += "." + label
	}
	var fields []string
	part := func(name, value, field string) string {
		if blank(value) || !b.accepts(report+"."+name, value, b.env.Limits.Name, source+"."+field) {
			return ""
		}
		fields = append(fields, source+"."+field)
		return value
	}
	parts := target.AddressParts{
		Line1:      part("address_1", a.Street, "street"),
		Line2:      part("address_2", a.Street2, "street2"),
		City:       part("city", a.City, "city"),
		State:      part("state", a.State, "state"),
		PostalCode: part("postalCode", a.Zip, "zip"),
		Country:    part("country", a.Country, "country"),
	}
	if len(fields) > 0 {
		b.put(target.Address(label, parts), fields...)
	}
}

// fallbackOwner demands the fallback owner if one is set.
func (b *build) fallbackOwner(path target.Path) {
	if b.env.FallbackUser != 0 {
		b.put(target.UserRef(path, b.env.FallbackUser).From("").As(target.Transformed, "the fallback owner"))
	}
}

// ownerOf demands the user of the owner agent by the policy for orphans, or the fallback owner of a record without agent.
func (b *build) ownerOf(path target.Path, agentID, field string) {
	if blank(agentID) {
		b.fallbackOwner(path)
		return
	}
	u, known := b.env.Users[agentID]
	if _, served := b.env.agent(agentID); !known && !served && b.m.Policies.OnOrphans == "fallback" {
		u, known = UserDecision{UserID: b.env.FallbackUser, How: HowFallback, Orphan: true}, true // an agent that is not served has no user
	}
	switch {
	case known && u.How == HowMatched && u.UserID != 0:
		b.use(record.Agents, agentID, PartAddress)
		b.put(target.UserRef(path, u.UserID).From("agent "+agentID).As(target.Transformed, "the user with the agent's address"), field)
	case known && u.How == HowFallback && u.UserID != 0:
		b.flag(FlagOwnerFallback, "agent "+agentID+" has no user: the fallback owner")
		b.put(target.UserRef(path, u.UserID).From("agent "+agentID).As(target.Transformed, "the fallback owner, for the agent has no user"), field)
	default:
		b.flag(FlagOwnerOrphan, "no "+string(path)+": agent "+agentID+" has no user")
	}
}
