package projection

import (
	"context"
	"fmt"

	"rezora2nutshell/internal/ledger"
	"rezora2nutshell/internal/mapping"
	"rezora2nutshell/internal/record"
)

// origin is the record of Nutshell that an attachment's parent hangs on, or why there is none.
type origin struct {
	parentType, id string
	archive        string
}

func (a *Assembler) attachments(ctx context.Context, page []ledger.Staged) (map[string][]mapping.Projection, error) {
	inputs := make([]mapping.AttachmentInput, len(page))
	for i, s := range page {
		inputs[i].Raw = s.Canon
		if err := s.Decode(&inputs[i].Attachment); err != nil {
			return nil, err
		}
	}
	origins, err := a.origins(ctx, inputs)
	if err != nil {
		return nil, err
	}
	byType := map[string][]string{}
	for _, o := range origins {
		byType[o.parentType] = append(byType[o.parentType], o.id)
	}
	for t, list := range byType {
		byType[t] = present(list)
	}
	p, err := a.parentsOf(ctx, byType)
	if err != nil {
		return nil, err
	}
	out := make(map[string][]mapping.Projection, len(page))
	for i, s := range page {
		in := &inputs[i]
		in.Archive = origins[i].archive
		in.On = p.ref(origins[i].parentType, origins[i].id)
		if err := a.facts(ctx, in); err != nil {
			return nil, err
		}
		out[s.ID] = a.Map.Attachment(a.Env, *in)
	}
	return out, nil
}

// origins follows attachments of notes, tasks and interactions to the record that those hang on.
func (a *Assembler) origins(ctx context.Context, inputs []mapping.AttachmentInput) ([]origin, error) {
	through := map[string]record.Kind{"note": record.Notes, "task": record.Tasks, "interaction": record.Interactions}
	ids := map[string][]string{}
	for _, in := range inputs {
		if _, ok := through[in.ParentType]; ok {
			ids[in.ParentType] = append(ids[in.ParentType], in.ParentID)
		}
	}
	staged := map[string]map[string]ledger.Staged{}
	for t, list := range ids {
		var err error
		if staged[t], err = a.Run.GetMany(ctx, through[t], present(list)); err != nil {
			return nil, fmt.Errorf("read %s: %w", through[t], err)
		}
	}
	out := make([]origin, len(inputs))
	for i, in := range inputs {
		out[i] = origin{parentType: in.ParentType, id: in.ParentID}
		s, ok := staged[in.ParentType][in.ParentID]
		if _, indirect := through[in.ParentType]; !indirect || !ok || s.Deleted {
			continue
		}
		var up struct {
			ParentType string `json:"parent_type"`
			ParentID   string `json:"parent_id"`
			ContactID  string `json:"contact_id"`
		}
		if err := s.Decode(&up); err != nil {
			return nil, err
		}
		if up.ParentType == "" {
			up.ParentType, up.ParentID = "contact", up.ContactID
		}
		out[i] = origin{parentType: up.ParentType, id: up.ParentID}
		if up.ParentType == "campaign" {
			out[i].archive = "an attachment on a campaign's note"
		}
	}
	return out, nil
}

// unstored tells that bytes were had for an upload that the account does not take after all: the archive needs them.
func (a *Assembler) unstored(f FileFacts) bool {
	return f.Failed == "" && f.StoredAt == "" && (!a.Env.Files || f.Size > a.Env.Limits.FileBytes)
}

// facts adds what is known of the bytes. Before they are fetched, the source's own word stands in for it.
func (a *Assembler) facts(ctx context.Context, in *mapping.AttachmentInput) error {
	var f FileFacts
	known, err := a.Run.Value(ctx, FileKey(in.ID), &f)
	if err != nil {
		return fmt.Errorf("read facts of attachment %s: %w", in.ID, err)
	}
	if a.Fetch != nil && (!known || a.unstored(f)) {
		if f, err = a.Fetch(ctx, in.Attachment); err != nil {
			return err
		}
		known = true
	}
	if !known {
		f = FileFacts{Size: in.Attachment.Size, SHA256: in.Attachment.SHA256}
	}
	in.Size, in.SHA256, in.StoredAt, in.Failed = f.Size, f.SHA256, f.StoredAt, f.Failed
	return nil
}
