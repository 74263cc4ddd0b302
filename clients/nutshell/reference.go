package nutshell

import (
	"context"
	"time"
)

// User of the account, disabled ones included.
type User struct {
	ID            int64
	Rev           string
	Name          string
	Emails        []string // the first is the primary one
	Enabled       bool
	Administrator bool
}

// Ref is a named record of reference data.
type Ref struct {
	ID   int64
	Name string
}

// LeadOutcome closes a lead; Type is the status it then has: 10 won, 11 lost, 12 cancelled.
type LeadOutcome struct {
	ID          int64
	Description string
	Type        int
}

// Pipeline is a stageset.
type Pipeline struct {
	ID       int64
	Name     string
	Default  bool
	Position int
}

// Stage is a milestone of a pipeline; PipelineID is 0 where the answer has none.
type Stage struct {
	ID         int64
	Name       string
	Position   int
	PipelineID int64
}

// Account identifies the Nutshell account behind the key.
type Account struct {
	ID       string // the instance id, the only part to rely on
	Name     string
	Currency string
}

// Instance reads which account the key belongs to.
func (c *Client) Instance(ctx context.Context) (Account, error) {
	v, err := c.call(ctx, rpc{method: "instanceData", kind: KindRead, usable: func(v any) bool {
		return Text(Object(v)["id"]) != ""
	}})
	if err != nil {
		return Account{}, err
	}
	m := Object(v)
	return Account{ID: Text(m["id"]), Name: Text(m["name"]), Currency: Text(m["currency"])}, nil
}

// UpdateTimes reads when each kind of record changed last; a kind without a
// time is left out. It is the probe for good credentials.
func (c *Client) UpdateTimes(ctx context.Context) (map[string]time.Time, error) {
	v, err := c.call(ctx, rpc{method: "getUpdateTimes", kind: KindRead, usable: isMap})
	if err != nil {
		return nil, err
	}
	out := map[string]time.Time{}
	for kind, t := range Object(v) {
		if at, ok := Time(t); ok {
			out[kind] = at
		}
	}
	return out, nil
}

// Me reads the acting user. actAs is the e-mail to act as, "" for the client's
// own user name; that it is honoured shows only in the user that comes back.
func (c *Client) Me(ctx context.Context, actAs string) (User, error) {
	e, err := c.one(ctx, Users, rpc{method: "getUser", kind: KindRead, actAs: actAs})
	return userOf(e), err
}

// Users reads all users.
func (c *Client) Users(ctx context.Context) ([]User, error) {
	return mapped(ctx, c, Users, userOf)
}

func userOf(e Entity) User {
	u := User{ID: e.ID, Rev: e.Rev, Name: Text(e.Raw["name"]), Enabled: Bool(e.Raw["isEnabled"]),
		Administrator: Bool(e.Raw["isAdministrator"])}
	for _, v := range List(e.Raw["emails"]) {
		if s := Text(v); s != "" {
			u.Emails = append(u.Emails, s)
		}
	}
	return u
}

// Teams reads all teams.
func (c *Client) Teams(ctx context.Context) ([]Ref, error) { return mapped(ctx, c, Teams, refOf) }

// ActivityTypes reads the kinds of activity.
func (c *Client) ActivityTypes(ctx context.Context) ([]Ref, error) {
	return mapped(ctx, c, ActivityTypes, refOf)
}

// Outcomes reads the lead outcomes.
func (c *Client) Outcomes(ctx context.Context) ([]LeadOutcome, error) {
	return mapped(ctx, c, LeadOutcomes, func(e Entity) LeadOutcome {
		return LeadOutcome{ID: e.ID, Description: orText(Text(e.Raw["description"]), Text(e.Raw["name"])), Type: number(e.Raw["type"])}
	})
}

// Stagesets reads the pipelines.
func (c *Client) Stagesets(ctx context.Context) ([]Pipeline, error) {
	return mapped(ctx, c, Stagesets, func(e Entity) Pipeline {
		return Pipeline{ID: e.ID, Name: Text(e.Raw["name"]), Default: Bool(e.Raw["default"]), Position: number(e.Raw["position"])}
	})
}

// Milestones reads the stages of all pipelines.
func (c *Client) Milestones(ctx context.Context) ([]Stage, error) {
	return mapped(ctx, c, Milestones, func(e Entity) Stage {
		s := Stage{ID: e.ID, Name: Text(e.Raw["name"]), Position: number(e.Raw["position"])}
		s.PipelineID, _ = ID(e.Raw["stagesetId"])
		return s
	})
}

// Tags reads the names of the tags of each type, in the stored spelling.
func (c *Client) Tags(ctx context.Context) (map[EntityType][]string, error) {
	v, err := c.call(ctx, rpc{method: "findTags", kind: KindRead, usable: isMap})
	if err != nil {
		return nil, err
	}
	out := map[EntityType][]string{}
	for t, list := range Object(v) {
		for _, tag := range List(list) {
			name := Text(tag)
			if m, ok := tag.(map[string]any); ok {
				name = Text(m["name"])
			}
			if name != "" {
				out[EntityType(t)] = append(out[EntityType(t)], name)
			}
		}
	}
	return out, nil
}

// CreateTag makes a tag for contacts, accounts or leads. Tags are there when
// Tags shows them; a 400 of a tag that exists is no failure (nutshell contract 7.14).
func (c *Client) CreateTag(ctx context.Context, t EntityType, name string) error {
	_, err := c.call(ctx, rpc{method: "newTag", kind: KindCreate,
		params: map[string]any{"tag": map[string]any{"name": name, "entityType": string(t)}}})
	return err
}

func refOf(e Entity) Ref { return Ref{ID: e.ID, Name: Text(e.Raw["name"])} }

func number(v any) int {
	f, _ := Number(v)
	return int(f)
}

func mapped[T any](ctx context.Context, c *Client, t EntityType, f func(Entity) T) ([]T, error) {
	list, err := c.findAll(ctx, t)
	if err != nil {
		return nil, err
	}
	out := make([]T, len(list))
	for i, e := range list {
		out[i] = f(e)
	}
	return out, nil
}
