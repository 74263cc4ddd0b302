package target

import "encoding/json"

// dictionaryBody is email, phone, url or address as input (nutshell contract 3.1): labelled entries under their label, the others and a
// second one of a label under decimal keys, an unlabelled primary under "0". Where the server's rule (smallest decimal key, else
// first label) would make another entry primary, the copy under "--primary" marks the right one.
func dictionaryBody(entries []entry, primary int) map[string]any {
	out := make(map[string]any, len(entries)+1)
	keys := make([]string, len(entries))
	var unlabelled []int
	for i, e := range entries {
		if _, twice := out[e.label]; e.label == "" || twice {
			unlabelled = append(unlabelled, i)
			continue
		}
		out[e.label], keys[i] = e.wire, e.label
	}
	next := 0
	place := func(i int) {
		keys[i] = itoa(int64(next))
		out[keys[i]] = entries[i].wire
		next++
	}
	for _, i := range unlabelled {
		if i == primary {
			place(i)
		}
	}
	for _, i := range unlabelled {
		if i != primary {
			place(i)
		}
	}
	if primary >= 0 && primary < len(entries) {
		for _, key := range keys {
			if compareKeys(key, keys[primary]) < 0 {
				out["--primary"] = entries[primary].wire
				break
			}
		}
	}
	return out
}

// listBody is tags, links or the choices of a multiple select as input.
func listBody(entries []entry) []any {
	out := make([]any, len(entries))
	for i, e := range entries {
		out[i] = e.wire
	}
	return out
}

// scalarInput is a scalar as input: some links are sent as the id alone.
func scalarInput(f *field, wire any) any {
	if !f.bare {
		return wire
	}
	_, id := refOf(wire, "")
	return json.Number(itoa(id))
}
