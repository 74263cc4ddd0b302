package extract

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"rezora2nutshell/clients/rezora"
	"rezora2nutshell/internal/ledger"
	"rezora2nutshell/internal/record"
	"rezora2nutshell/internal/union"
)

// enough is how often a credential is read that the legacy API answers with faults, before it counts as failed.
const enough = 3

// reading is one credential's share of the legacy source, kept as the cursor of its walk.
type reading struct {
	Tag     string                `json:"tag"`
	Level   string                `json:"level"`
	Attempt int                   `json:"attempt"`
	Cover   rezora.LegacyCoverage `json:"cover"`
	Done    bool                  `json:"done"`
}

// rev marks the rows of one attempt: rows of a reading that was broken off do not count.
func (r *reading) rev() string { return fmt.Sprintf("%s#%d", r.Tag, r.Attempt) }

var (
	companyKinds = []record.Kind{record.Agents, record.Teams, record.TeamMemberships}
	agentKinds   = []record.Kind{record.Contacts, record.DistributionGroups, record.GroupMemberships}
)

// readings lists what is to be read of a level, and how far it is. Credentials of agents out of scope are left alone.
func (j *joining) readings(ctx context.Context, level string) ([]*reading, error) {
	kinds := agentKinds
	if level == rezora.CompanyLevel {
		kinds = companyKinds
	}
	if !slices.ContainsFunc(kinds, j.Union.Shares) {
		return nil, nil
	}
	var out []*reading
	if j.LegacyFiles != nil {
		for _, kind := range kinds {
			if !j.Union.Shares(kind) {
				continue
			}
			rd, err := j.reading(ctx, "files/"+string(kind), level)
			if err != nil {
				return nil, err
			}
			out = append(out, rd)
		}
		return out, nil
	}
	for i, cred := range j.Credentials {
		if cred.Level != level || cred.AgentID != "" && len(j.Union.Agents) > 0 && !slices.Contains(j.Union.Agents, cred.AgentID) {
			continue
		}
		rd, err := j.reading(ctx, level+"/"+j.Run.Hash("legacy login", cred.Username), level)
		if err != nil {
			return nil, err
		}
		if slices.ContainsFunc(out, func(o *reading) bool { return o.Tag == rd.Tag }) {
			continue
		}
		j.logins[rd.Tag] = j.Credentials[i]
		out = append(out, rd)
	}
	return out, nil
}

func (j *joining) reading(ctx context.Context, tag, level string) (*reading, error) {
	return j.storedReading(ctx, j.n, tag, level)
}

func (r *Reader) storedReading(ctx context.Context, round int, tag, level string) (*reading, error) {
	c, err := r.Run.DestCursor(ctx, legacyShelf(round), "read/"+tag)
	if err != nil {
		return nil, err
	}
	rd := &reading{Tag: tag, Level: level}
	if len(c.State) > 0 {
		if err := json.Unmarshal(c.State, rd); err != nil {
			return nil, fmt.Errorf("read the state of a legacy reading: %w", err)
		}
	}
	return rd, nil
}

func (r *reading) cursor() (ledger.Cursor, error) {
	state, err := json.Marshal(r)
	return ledger.Cursor{Walk: "read/" + r.Tag, State: state, Done: r.Done}, err
}

func (j *joining) note(ctx context.Context, rd *reading) error {
	c, err := rd.cursor()
	if err != nil {
		return err
	}
	return j.Run.PutDestCursor(ctx, legacyShelf(j.n), c.Walk, c)
}

// readAll reads all credentials of a level, one after the other, onto the shelf. An interrupted one is read again from its beginning: the
// legacy API knows no pages.
func (j *joining) readAll(ctx context.Context, level string) error {
	list, err := j.readings(ctx, level)
	if err != nil {
		return err
	}
	for _, rd := range list {
		j.ended[rd.rev()] = rd.Done
	}
	for i, rd := range list {
		if rd.Done {
			continue
		}
		j.turn.At("read legacy "+level+" credentials", int64(i), int64(len(list)))
		if err := j.readOne(ctx, rd); err != nil {
			return err
		}
		if err := j.checkpoint(ctx); err != nil {
			return err
		}
	}
	j.done = append(j.done, list...)
	for _, rd := range list {
		if rd.Cover.AgentID, err = j.agent(ctx, rd.Cover.AgentID); err != nil {
			return err
		}
		j.accepted[rd.rev()] = rd
	}
	return nil
}

func (j *joining) readOne(ctx context.Context, rd *reading) error {
	rd.Attempt++
	if err := j.note(ctx, rd); err != nil {
		return err
	}
	emit := func(ctx context.Context, recs []record.Record) error {
		j.answered()
		return callback(j.shelf(ctx, rd, recs))
	}
	tries := 0
	err := j.patience.read(ctx, "the legacy API", func() (err error) {
		if rd.Cover, err = j.fetch(ctx, rd, emit); err == nil || !refusesOne(err) {
			return err
		}
		if tries++; tries < enough && passes(err) {
			return err
		}
		rd.Cover.Coverage = rezora.Failed
		return nil
	})
	if err != nil {
		return err
	}
	rd.Done, j.ended[rd.rev()] = true, true
	return j.note(ctx, rd)
}

// refusesOne reports a fault of one credential: the legacy API answers, and refuses or breaks.
func refusesOne(err error) bool {
	var (
		status *rezora.StatusError
		answer *rezora.AnswerError
	)
	return errors.As(err, &status) || errors.As(err, &answer)
}

func (j *joining) fetch(ctx context.Context, rd *reading, emit rezora.Emit) (rezora.LegacyCoverage, error) {
	if j.LegacyFiles != nil {
		return j.fetchFile(ctx, rd, emit)
	}
	cred := j.logins[rd.Tag]
	if rd.Level == rezora.CompanyLevel {
		return j.Legacy.ReadCompany(ctx, cred, emit)
	}
	return j.Legacy.ReadAgent(ctx, cred, j.owner, emit)
}

// owner finds the agent with an e-mail, "" when there is none (rezora contract 6, step 2).
func (r *Reader) owner(ctx context.Context, email string) (string, error) {
	found, err := r.Run.Lookup(ctx, record.Agents, "email", []string{email})
	if err != nil || len(found[email]) == 0 {
		return "", callback(err)
	}
	return found[email][0], nil
}

// fetchFile reads one resource of a folder of legacy exports (rezora contract 7.5).
func (j *joining) fetchFile(ctx context.Context, rd *reading, emit rezora.Emit) (rezora.LegacyCoverage, error) {
	kind := record.Kind(rd.Tag[len("files/"):])
	out := rezora.LegacyCoverage{Level: rd.Level, Coverage: rezora.Complete, Counts: map[record.Kind]int{}}
	res, err := j.LegacyFiles.Walk(ctx, rezora.WalkRequest{Kind: kind}, func(ctx context.Context, p rezora.Page) error {
		out.Counts[kind] += len(p.Records)
		return emit(ctx, p.Records)
	})
	out.At = res.AsOf
	var broken *rezora.IncompleteError
	if errors.Is(err, rezora.ErrNoFile) || errors.As(err, &broken) {
		out.Coverage, out.Reason = rezora.Failed, err.Error()
		return out, nil
	}
	return out, err
}

// shelf puts a page of a reading on the round's shelf. Records of equal id are one (rezora contract 6, step 2): the first complete reading
// stands, but one that knows an opt-out goes before one that does not.
func (j *joining) shelf(ctx context.Context, rd *reading, recs []record.Record) error {
	cursor, err := rd.cursor()
	if err != nil {
		return err
	}
	for page := range slices.Chunk(recs, sweepBatch) {
		byKind := map[record.Kind][]record.Record{}
		for _, rec := range page {
			if j.Union.Shares(rec.Kind) {
				byKind[rec.Kind] = append(byKind[rec.Kind], rec)
			}
		}
		for _, kind := range union.Order {
			if len(byKind[kind]) == 0 {
				continue
			}
			rows, err := j.shelfRows(ctx, rd, kind, byKind[kind])
			if err != nil {
				return err
			}
			if err := j.Run.PutDest(ctx, legacyShelf(j.n), cursor.Walk, rows, cursor); err != nil {
				return err
			}
		}
		if err := j.pausedOnly(ctx); err != nil {
			return err
		}
	}
	return nil
}

func (j *joining) shelfRows(ctx context.Context, rd *reading, kind record.Kind, recs []record.Record) ([]ledger.DestRecord, error) {
	ids := make([]string, len(recs))
	for i, rec := range recs {
		ids[i] = rec.ID
	}
	have, err := j.onShelf(ctx, j.n, kind, ids)
	if err != nil {
		return nil, err
	}
	rows := make([]ledger.DestRecord, 0, len(recs))
	for _, rec := range recs {
		if old, ok := have[rec.ID]; ok && old.Read != rd.rev() && j.ended[old.Read] && (optedOut(old.Canon) || !optedOut(rec.Canon)) {
			continue
		}
		s := shelved{Read: rd.rev(), ID: rec.ID, Canon: rec.Canon, Raw: rec.Raw}
		if j.LegacyFiles != nil {
			if s.Agent, err = j.ownerOf(ctx, rec); err != nil {
				return nil, err
			}
		}
		row, err := j.shelve(kind, s)
		if err != nil {
			return nil, err
		}
		rows = append(rows, row)
	}
	return rows, nil
}

// ownerOf finds the agent of a row of a legacy export: the owner of the contact or the list, of a membership that of its list.
func (j *joining) ownerOf(ctx context.Context, rec record.Record) (string, error) {
	var item struct {
		Owner string `json:"owner_agent_id"`
		Group string `json:"group_id"`
	}
	if err := rec.Decode(&item); err != nil {
		return "", err
	}
	if rec.Kind != record.GroupMemberships || item.Group == "" {
		return item.Owner, nil
	}
	lists, err := j.onShelf(ctx, j.n, record.DistributionGroups, []string{item.Group})
	return lists[item.Group].Agent, err
}
