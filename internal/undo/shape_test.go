package undo_test

import (
	"fmt"
	"slices"
	"strings"

	"rezora2nutshell/clients/nutshell/nutshelltest"
)

// content is the live account as people see it: no revs, no times of change, no links to what is deleted.
func content(s nutshelltest.Snapshot) map[string]nutshelltest.Record {
	out := map[string]nutshelltest.Record{}
	for typ, list := range records(s) {
		for _, r := range list {
			if r.Live() {
				out[fmt.Sprintf("%s/%d", typ, r.ID)] = r
			}
		}
	}
	for name, r := range out {
		r.Rev, r.Modified = "", ""
		for k, links := range r.Links {
			kept := slices.DeleteFunc(slices.Clone(links), func(l string) bool {
				at, _, _ := strings.Cut(l, " as ")
				_, live := out[at]
				return !live && !strings.HasPrefix(at, "Users/")
			})
			slices.Sort(kept)
			if len(kept) == 0 {
				delete(r.Links, k)
			} else {
				r.Links[k] = kept
			}
		}
		r.Notes = slices.DeleteFunc(slices.Clone(r.Notes), func(id int64) bool { _, live := out[fmt.Sprintf("Notes/%d", id)]; return !live })
		if len(r.Notes) == 0 {
			r.Notes = nil
		}
		if len(r.Links) == 0 {
			r.Links = nil
		}
		if len(r.CustomFields) == 0 {
			r.CustomFields = nil
		}
		if len(r.Lists) == 0 {
			r.Lists = nil
		}
		if len(r.Files) == 0 {
			r.Files = nil
		}
		out[name] = r
	}
	return out
}

func records(s nutshelltest.Snapshot) map[string][]nutshelltest.Record {
	return map[string][]nutshelltest.Record{
		"Contacts": s.Contacts, "Accounts": s.Accounts, "Leads": s.Leads, "Notes": s.Notes, "Tasks": s.Tasks, "Activities": s.Activities,
	}
}
