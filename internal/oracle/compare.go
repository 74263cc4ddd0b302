package oracle

import (
	"maps"
	"slices"
	"strings"
	"time"

	"rezora2nutshell/clients/nutshell/nutshelltest"
)

// check compares one live record with the map, field by field, and in the end refuses whatever nobody asked for. Before a merge only
// empty fields may take a value.
type check struct {
	j        *judge
	object   string
	sourceID string
	target   string
	have     *nutshelltest.Record
	prior    *nutshelltest.Record // nil for a record that the migration made
	skip     bool                 // policy skip: no field is written
	leaders  map[string]string    // by list, another value that may be the primary entry
	seen     map[string]bool
}

func (j *judge) check(object, sourceID, entity string, have, prior *nutshelltest.Record) *check {
	return &check{j: j, object: object, sourceID: sourceID, target: targetOf(entity, have.ID), have: have, prior: prior,
		skip: prior != nil && j.Policies.Existing == "skip" && custom(prior, keyField) == "", seen: map[string]bool{}}
}

func (x *check) problem(field, want, have, rule string) {
	x.j.problem(Problem{x.object, x.sourceID, x.target, field, want, have, rule})
}

// value checks one single value: want lists the lawful ones, "" standing for none. A nil want accepts anything.
func (x *check) value(field, rule string, had, have string, want ...string) {
	x.seen[field] = true
	switch {
	case x.skip:
		want, rule = []string{had}, ruleSkip
	case had != "":
		want, rule = []string{had}, ruleFill
	}
	if len(want) == 0 || slices.Contains(want, have) {
		return
	}
	x.problem(field, strings.Join(want, " or "), have, rule)
}

func (x *check) field(name, rule string, want ...string) {
	had := ""
	if x.prior != nil {
		had = x.prior.Fields[name]
	}
	x.value(name, rule, had, x.have.Fields[name], want...)
}

func (x *check) custom(name, rule string, want ...string) {
	had := ""
	if x.prior != nil {
		had = custom(x.prior, name)
	}
	x.value("customFields."+name, rule, had, custom(x.have, name), want...)
}

// moment checks a time: in an account that defines no such fields it stands there as JSON has it.
func (x *check) moment(name, rule string, want time.Time) {
	entity, _, _ := strings.Cut(x.target, "/")
	if text := wire(want); text == "" || x.j.wordFor(entity, name) == "DateTime" {
		x.custom(name, rule, text)
	} else {
		x.custom(name, rule, want.UTC().Format(time.RFC3339))
	}
}

// customJSON checks a JSON text: byte for byte, save for escapes that JSON leaves to the writer.
func (x *check) customJSON(name, rule, want string) {
	if have := custom(x.have, name); have != want && sameJSON(have, want) {
		want = have
	}
	x.custom(name, rule, want)
}

// link checks a single link such as owner.
func (x *check) link(name, rule string, want ...string) {
	had := strings.Join(x.j.before.links(x.prior, name), ", ")
	x.value(name, rule, had, strings.Join(x.j.after.links(x.have, name), ", "), want...)
}

// links checks a list of links as a set: what was there stays, want comes, nothing else. Entries are "Accounts/310 as Buyer".
func (x *check) links(name, rule string, want ...string) {
	x.seen[name] = true
	kept := map[string]string{}
	for _, l := range x.j.before.links(x.prior, name) {
		to, as, _ := strings.Cut(l, " as ")
		kept[to] = as
	}
	need := maps.Clone(kept)
	for _, l := range want {
		to, as, _ := strings.Cut(l, " as ")
		if kept[to] == "" {
			need[to] = as
		}
	}
	have := x.j.after.links(x.have, name)
	for _, l := range have {
		to, as, _ := strings.Cut(l, " as ")
		wantAs, asked := need[to]
		_, old := kept[to]
		switch {
		case !asked:
			x.problem(name, strings.Join(want, ", "), l, rule)
		case as != wantAs && (!old || as != kept[to]):
			x.problem(name, join(to, wantAs), l, rule)
		}
		delete(need, to)
	}
	for _, to := range slices.Sorted(maps.Keys(need)) {
		x.problem(name, join(to, need[to]), strings.Join(have, ", "), rule)
	}
}

func join(to, as string) string {
	if as == "" {
		return to
	}
	return to + " as " + as
}

// entry is one value of a multi-value dictionary.
type entry struct {
	label, value string
	primary      bool
}

// entriesOf reads the entries of a snapshot, "*label=value".
func entriesOf(r *nutshelltest.Record, list string) []entry {
	if r == nil {
		return nil
	}
	var out []entry
	for _, text := range r.Lists[list] {
		e := entry{}
		text, e.primary = strings.CutPrefix(text, "*")
		e.label, e.value, _ = strings.Cut(text, "=")
		out = append(out, e)
	}
	return out
}

// list checks a multi-value dictionary. Entries of before stay, the primary one too; a wanted entry comes unless its label, or without
// a label its value, is there already. primary says which wanted entry leads a record that had none, -1 for any.
func (x *check) list(name, rule string, primary int, want ...entry) {
	x.seen[name] = true
	old := entriesOf(x.prior, name)
	var must, may []entry
	must = append(must, old...)
	if !x.skip {
		for i, w := range want {
			w.primary = len(old) == 0 && i == primary
			switch {
			case slices.ContainsFunc(old, func(e entry) bool { return e.label == w.label && (w.label != "" || sameEntry(name, e, w)) }):
			case w.label == "" && slices.ContainsFunc(old, func(e entry) bool { return sameEntry(name, e, w) }):
			case slices.ContainsFunc(old, func(e entry) bool { return e.label == w.label || sameEntry(name, e, w) }):
				may = append(may, w) // another value without label, or the value under another label: the map allows both
			default:
				must = append(must, w)
			}
		}
	}
	have := entriesOf(x.have, name)
	leader := func(list []entry) int { return slices.IndexFunc(list, func(e entry) bool { return e.primary }) }
	if m, h := leader(must), leader(have); m >= 0 && h >= 0 && must[m].value != have[h].value &&
		have[h].value != x.leaders[name] { // of equal values any may lead
		x.problem(at(name, must[m]), must[m].value+" as the primary entry", have[h].value, rule)
	}
	for _, h := range have {
		same := func(e entry) bool {
			return e.label == h.label && (e.value == h.value || name == "url" && sameEntry(name, e, h))
		}
		i, k := slices.IndexFunc(must, same), slices.IndexFunc(may, same)
		switch {
		case i >= 0:
			must = slices.Delete(must, i, i+1)
		case k >= 0:
			may = slices.Delete(may, k, k+1)
		default:
			x.problem(at(name, h), printed(want), h.value, rule)
		}
	}
	for _, m := range must {
		x.problem(at(name, m), m.value, strings.Join(x.have.Lists[name], ", "), rule)
	}
}

func at(list string, e entry) string {
	if e.label == "" {
		return list
	}
	return list + "." + e.label
}

func printed(list []entry) string {
	var out []string
	for _, e := range list {
		out = append(out, e.label+"="+e.value)
	}
	return strings.Join(out, ", ")
}

// sameEntry compares the values of two entries as nutshell contract 7.9 says.
func sameEntry(list string, a, b entry) bool {
	switch list {
	case "email":
		return sameAddress(a.value, b.value)
	case "url":
		return bareURL(a.value) == bareURL(b.value)
	}
	return a.value == b.value
}

func bareURL(s string) string {
	if _, rest, ok := strings.Cut(s, "://"); ok {
		return rest
	}
	return s
}

// rest refuses every value that no call above asked for. plain are fields that the account gives by itself.
func (x *check) rest(plain ...string) {
	var had nutshelltest.Record
	if x.prior != nil {
		had = *x.prior
	}
	for _, k := range keys(x.have.Fields, had.Fields) {
		if !x.seen[k] && !slices.Contains(plain, k) && x.have.Fields[k] != had.Fields[k] {
			x.problem(k, had.Fields[k], x.have.Fields[k], ruleNothingElse)
		}
	}
	for _, k := range keys(x.have.CustomFields, had.CustomFields) {
		if have, old := custom(x.have, k), custom(&had, k); !x.seen["customFields."+k] && have != old {
			x.problem("customFields."+k, old, have, ruleNothingElse)
		}
	}
	for _, k := range keys(x.have.Lists, had.Lists) {
		if !x.seen[k] && !slices.Equal(x.have.Lists[k], had.Lists[k]) {
			x.problem(k, strings.Join(had.Lists[k], ", "), strings.Join(x.have.Lists[k], ", "), ruleNothingElse)
		}
	}
	for _, k := range keys(x.have.Links, had.Links) {
		if x.seen[k] || mirrored[k] {
			continue
		}
		have, old := x.j.after.links(x.have, k), x.j.before.links(x.prior, k)
		if !sameSet(have, old) {
			x.problem(k, strings.Join(old, ", "), strings.Join(have, ", "), ruleNothingElse)
		}
	}
	if !sameSet(x.have.Tags, had.Tags) {
		x.problem("tags", strings.Join(had.Tags, ", "), strings.Join(x.have.Tags, ", "), ruleNothingElse)
	}
}

// mirrored are the ends of links that are judged from the other side.
var mirrored = map[string]bool{"contacts": true, "leads": true}

func keys[V any](a, b map[string]V) []string {
	all := map[string]bool{}
	for k := range a {
		all[k] = true
	}
	for k := range b {
		all[k] = true
	}
	return slices.Sorted(maps.Keys(all))
}

func sameSet(a, b []string) bool {
	return slices.Equal(slices.Sorted(slices.Values(a)), slices.Sorted(slices.Values(b)))
}
