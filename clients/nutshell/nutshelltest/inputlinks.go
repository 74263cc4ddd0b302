package nutshelltest

import (
	"fmt"
	"slices"
)

// list reads a list input; null and {} are the empty list.
func list(field string, v any) ([]any, *Error) {
	switch v := v.(type) {
	case nil:
		return nil, nil
	case []any:
		return v, nil
	case map[string]any:
		if len(v) == 0 {
			return nil, nil
		}
	}
	return nil, invalid(field, "not a list")
}

// pointer reads {entityType,id}. The type may be left out when only one is allowed.
func pointer(field string, v any, allowed ...kind) (kind, int64, *Error) {
	in, ok := v.(map[string]any)
	if !ok {
		return 0, 0, invalid(field, "not an object with id")
	}
	k := allowed[0]
	if name, sent := in["entityType"]; sent || len(allowed) > 1 {
		text, _ := name.(string)
		if k, ok = kindNamed(text); !ok || !slices.Contains(allowed, k) {
			return 0, 0, invalid(field, fmt.Sprintf("entityType is none of %v", allowed))
		}
	}
	id, ok := whole(in["id"])
	if !ok {
		return 0, 0, invalid(field, "id is not a number")
	}
	return k, id, nil
}

// linked reads a pointer to a live record of one of the given types.
func (p *parser) linked(field string, v any, allowed ...kind) (record, *Error) {
	k, id, err := pointer(field, v, allowed...)
	if err != nil {
		return nil, err
	}
	r := p.db.record(k, id)
	if r == nil || !r.base().live() {
		return nil, notThere(field, k, id)
	}
	return r, nil
}

// owner sets an owner or assignee; null clears it.
func (p *parser) owner(in object, k string, creating bool, to *record) *Error {
	v, sent := in[k]
	if !sent {
		if creating && p.cfg.OwnerDefault == "caller" {
			*to = p.actor.user
		}
		return nil
	}
	if v == nil {
		*to = nil
		return nil
	}
	r, err := p.linked(k, v, kUsers, kTeams)
	if err != nil {
		return err
	}
	if u, ok := r.(*user); ok && !u.enabled && p.cfg.DisabledOwners == "reject" {
		return invalid(k, fmt.Sprintf("Users %d is disabled", u.id))
	}
	*to = r
	return nil
}

// reference sets industryId and its like; null clears it.
func (p *parser) reference(in object, k string, of kind, to **reference) *Error {
	v, sent := in[k]
	if !sent {
		return nil
	}
	if v == nil {
		*to = nil
		return nil
	}
	id, ok := whole(v)
	if !ok {
		return invalid(k, "not an id")
	}
	r := p.db.reference(of, id)
	if r == nil {
		return notThere(k, of, id)
	}
	*to = r
	return nil
}

func (p *parser) tags(in object, of kind, to *[]*tag) *Error {
	v, sent := in["tags"]
	if !sent {
		return nil
	}
	names, err := list("tags", v)
	if err != nil {
		return err
	}
	var tags []*tag
	for _, n := range names {
		name, ok := n.(string)
		if !ok {
			return invalid("tags", "not a string")
		}
		t := p.db.tag(of, name)
		if t == nil {
			return invalid("tags", fmt.Sprintf("unknown tag '%s'", name))
		}
		if !slices.Contains(tags, t) {
			tags = append(tags, t)
		}
	}
	*to = tags
	return nil
}
