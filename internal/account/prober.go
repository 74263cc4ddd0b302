package account

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"time"

	"rezora2nutshell/clients/nutshell"
	"rezora2nutshell/internal/ledger"
)

// ObjectProbes is the object of probe records in the journal of effects, StepProbes their step.
const (
	ObjectProbes = "probes"
	StepProbes   = "probes"
)

// marking precedes the random marker in every probe record (nutshell contract 8).
const marking = "Migration probe "

// Host waits for a server that does not answer, and is told how calls went.
type Host interface {
	Pass(context.Context, *nutshell.Client) error
	Failed()
	Succeeded()
}

// Prober runs the probes that write (nutshell contract 8, P8 to P19) with records of its own. It guarantees:
//   - every call that writes is an effect of the journal, claimed before it is sent (I2); deletions carry a stored pre-image and rev
//   - no probe record stays behind: each is deleted and the deletion proved by a read before Probe returns, and whatever an interrupted
//     run left is found and deleted by the next CleanUp (I9)
//   - a server that behaves otherwise than expected is an outcome; a fault that stays is the careful assumption, stated as a finding
type Prober struct {
	Run    *ledger.Run
	Client *nutshell.Client
	Host   Host // nil: nobody waits
	Facts  Facts
	Marks  map[nutshell.EntityType]int64 // highest ids seen before the probes, by type

	NoteChars int           // longest note to be sent, in characters; 0 = 65,536
	Timeout   time.Duration // of one call
	ReadLag   time.Duration // how long a record may be missing from find
	Margin    time.Duration // what a claim lives beyond its call; 0 = 5 s
	Poll      time.Duration // between two looks; 0 = 1 s
	LagMost   time.Duration // how long find may hide a new record before the migration must not start; 0 = 2 min
	At        func(done, total int64)
}

// careful is what holds while a probe has no outcome.
var careful = []Finding{
	{"P8", "values are compared after the sample is written; the diff report shows what the account alters"},
	{"P9", "new records are taken to have higher ids, as the contract says; look-ups wait for the configured read lag"},
	{"P10", "look-ups go by listing records, not by the REST filter"},
	{"P11", "a record is read again right before each deletion of the undo"},
	{"P12", "linking is taken to move the revs of both records"},
	{"P13", "texts are split by the configured lengths"},
	{"P14", "notes are looked for in their parent's list and in its timeline"},
	{"P15", "given times of closing and completing are taken to be kept; the diff report shows whether they are"},
	{"P16", "created times are taken to be ignored; the originals stand in custom fields"},
	{"P17", "files are sent until the account refuses the first one"},
	{"P18", "records without owner are taken to stay without owner"},
	{"P19", "deletions are taken to be final"},
}

// assume are the careful assumptions after a fault, where the run could not find out.
func assume(probe string, p *Probes) string {
	switch probe {
	case "P9":
		p.IDsUnordered = true
		return "ids are taken to be in no order: look-ups list whole types"
	case "P17":
		p.Files = false
		return "files go to the archive, with links in notes"
	case "P18":
		p.OwnerDefault = true
		return "records without owner may get the key's user"
	}
	for _, c := range careful {
		if c.Probe == probe {
			return c.Text
		}
	}
	return "nothing is assumed"
}

// Probe deletes what earlier runs left, probes anew, and deletes its own records. A *step.Parked error is a refusal to start.
func (p *Prober) Probe(ctx context.Context) (Probes, error) {
	if err := p.CleanUp(ctx); err != nil {
		return Probes{}, err
	}
	s := p.session()
	s.out.Ran = true
	found := s.all(ctx)
	if found != nil && !isParked(found) {
		return Probes{}, found // the next run cleans up before it begins
	}
	if err := p.cleanUp(ctx, s.seen); err != nil {
		return Probes{}, err
	}
	return s.out, found
}

// session is one run of probes, with its marker and the records it made.
type session struct {
	*Prober
	marker   string
	seen     map[recordKey]nutshell.Entity // as last shown
	out      Probes
	done     int64
	account  nutshell.Entity
	contacts [3]nutshell.Entity
	lead     nutshell.Entity
	note     nutshell.Entity
	noteText string
	firstRev string // of the first person, when it was made
}

// recordKey is a record by type and id.
type recordKey struct {
	t  nutshell.EntityType
	id int64
}

func (p *Prober) session() *session {
	var b [8]byte
	_, _ = rand.Read(b[:])
	return &session{Prober: p, marker: hex.EncodeToString(b[:]), seen: map[recordKey]nutshell.Entity{}}
}

func (s *session) text() string { return marking + s.marker }

// address is where no mail arrives, so that an automation on new people reaches nobody.
func address(marker string) string { return "migration-probe-" + marker + "@example.invalid" }

// saw keeps a record as last shown.
func (s *session) saw(e nutshell.Entity) nutshell.Entity {
	s.seen[recordKey{e.Type, e.ID}] = e
	return e
}

// moved forgets the rev of a record that another call has moved, so that it is read before it is deleted.
func (s *session) moved(e nutshell.Entity) {
	e.Rev = ""
	s.seen[recordKey{e.Type, e.ID}] = e
}

// all runs the probes in an order in which each record serves several of them.
func (s *session) all(ctx context.Context) error {
	if err := s.base(ctx); err != nil {
		return err
	}
	probes := []struct {
		name string
		run  func(context.Context) error
	}{
		{"P9", s.probeOrder}, {"P12", s.probeLinks}, {"P14", s.probeNote}, {"P8", s.probeValues}, {"P14", s.probeFindNote}, {"P18", s.probeOwner},
		{"P11", s.probeStale}, {"P10", s.probeFilter}, {"P15", s.probeLead}, {"P15", s.probeTask}, {"P17", s.probeFile}, {"P13", s.probeLength}, {"P19", s.probeUndelete},
	}
	for _, x := range probes {
		err := x.run(ctx)
		s.done++
		if s.At != nil {
			s.At(s.done, int64(len(probes)))
		}
		switch {
		case err == nil:
		case !passing(ctx, err):
			return err
		default:
			s.out.Add(x.name, fmt.Sprintf("could not be found out (%s); %s", cause(err), assume(x.name, &s.out)))
		}
	}
	return nil
}
