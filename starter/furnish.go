package main

import (
	"fmt"
	"strings"

	"rezora2nutshell/clients/nutshell/nutshelltest"
	"rezora2nutshell/clients/rezora/rezoratest"
)

// How many records of both kinds a furnished account has.
const (
	knownPeople    = 16 // people that Rezora knows too, by e-mail
	knownCompanies = 4  // companies that Rezora knows too, by website
	ownPeople      = 8
)

// furnish makes of a fresh Nutshell account one that has been in use: a user for every agent but one, people and companies that Rezora
// knows too, so that merging shows, and records that are the account's own and must come out of everything untouched.
func furnish(n *nutshelltest.Server, r *rezoratest.Server) error {
	addUsers(n, r)
	n.AddActivityType("Email")
	if err := addKnown(n, r); err != nil {
		return err
	}
	return addOwn(n)
}

// addUsers leaves the agents without user that have a disabled one: they are the orphans.
func addUsers(n *nutshelltest.Server, r *rezoratest.Server) {
	there := map[string]bool{}
	for _, u := range n.Snapshot().Users {
		for _, e := range u.Emails {
			there[strings.ToLower(e)] = true
		}
	}
	for _, a := range r.Agents() {
		if !there[strings.ToLower(a.Email)] {
			n.AddUser(a.FirstName+" "+a.LastName, a.Email, true)
		}
	}
}

func addKnown(n *nutshelltest.Server, r *rezoratest.Server) error {
	contacts := r.Rows("contacts", false)
	seen := map[string]int{}
	for _, c := range contacts {
		seen[emailOf(c)]++
	}
	made := 0
	for i, c := range contacts {
		email, name := emailOf(c), text(c["name"])
		if i%7 != 3 || seen[email] != 1 || !strings.Contains(email, "@") || name == "" || c["is_self"] == true {
			continue
		}
		fields := map[string]any{"name": name, "email": map[string]any{"0": strings.ToUpper(email[:1]) + email[1:]}}
		if made%2 == 0 {
			fields["description"] = "Met at the spring open house"
			fields["phone"] = map[string]any{"work": fmt.Sprintf("+1303555%04d", 200+made)}
		}
		if _, err := n.As(2).CreateContact(fields); err != nil {
			return err
		}
		if made++; made == knownPeople {
			break
		}
	}
	made = 0
	for _, c := range r.Rows("companies", false) {
		website, name := text(c["website"]), text(c["name"])
		if text(c["kind"]) != "other" || website == "" || name == "" {
			continue
		}
		if _, err := n.CreateAccount(map[string]any{"name": name, "url": map[string]any{"0": website}}); err != nil {
			return err
		}
		if made++; made == knownCompanies {
			break
		}
	}
	return nil
}

func addOwn(n *nutshelltest.Server) error {
	company, err := n.CreateAccount(map[string]any{"name": "Kestrel Title & Escrow", "url": map[string]any{"0": "https://kestrel-title.example.net"}})
	if err != nil {
		return err
	}
	names := []string{"Rosa Quill", "Ivo Marsh", "Tess Amari", "Noel Brandt", "Una Fields", "Omar Pryce", "Lena Voss", "Hal Irving"}
	for i, name := range names[:ownPeople] {
		id, err := n.As(2).CreateContact(map[string]any{
			"name": name, "email": map[string]any{"0": strings.ToLower(strings.ReplaceAll(name, " ", ".")) + "@kestrel-title.example.net"},
			"accounts": []any{map[string]any{"id": company, "relationship": "Closer"}},
		})
		if err != nil {
			return err
		}
		if _, err := n.As(2).AddNote("Contacts", id, "Prefers a call in the morning."); err != nil {
			return err
		}
		if i > 1 {
			continue
		}
		if _, err := n.As(2).CreateLead(map[string]any{"description": "Title work for " + name, "contacts": []any{map[string]any{"id": id}}}); err != nil {
			return err
		}
	}
	return nil
}

func emailOf(row map[string]any) string {
	return strings.ToLower(strings.TrimSpace(text(row["email"])))
}

func text(v any) string {
	s, _ := v.(string)
	return s
}
