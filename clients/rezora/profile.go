package rezora

import (
	"bytes"
	"embed"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/goccy/go-yaml"

	"rezora2nutshell/internal/record"
)

//go:embed profiles/*.yaml
var shipped embed.FS

// Profile describes a dialect of the current API (rezora contract 7.1). It holds no secret.
type Profile struct {
	Profile  string            `yaml:"profile"`
	Version  int               `yaml:"version"`
	BaseURL  string            `yaml:"base_url"`
	BasePath string            `yaml:"base_path"`
	Query    map[string]string `yaml:"query"`
	Auth     struct {
		Modes        []Mode `yaml:"modes"`
		Header       string `yaml:"header"`
		TokenPath    string `yaml:"token_path"`
		TokenRequest struct {
			Username string `yaml:"username"`
			Password string `yaml:"password"`
		} `yaml:"token_request"`
		TokenResponse struct {
			AccessToken string `yaml:"access_token"`
			ExpiresIn   string `yaml:"expires_in"`
		} `yaml:"token_response"`
	} `yaml:"auth"`
	Envelope struct {
		Items        string `yaml:"items"`
		Item         string `yaml:"item"`
		NextCursor   string `yaml:"next_cursor"`
		Total        string `yaml:"total"`
		AsOf         string `yaml:"as_of"`
		ErrorCode    string `yaml:"error_code"`
		ErrorMessage string `yaml:"error_message"`
	} `yaml:"envelope"`
	Paging Paging `yaml:"paging"`
	Delta  struct {
		Mode        string `yaml:"mode"` // param or full_hash
		SinceParam  string `yaml:"since_param"`
		BeforeParam string `yaml:"before_param"`
		Format      string `yaml:"format"` // rfc3339, mysql, epoch
		OverlapS    int    `yaml:"overlap_s"`
	} `yaml:"delta"`
	Deletes Deletes `yaml:"deletes"`
	Count   struct {
		Mode       string `yaml:"mode"` // endpoint, total, own
		Suffix     string `yaml:"suffix"`
		TotalParam string `yaml:"total_param"`
	} `yaml:"count"`
	Scalars struct {
		Times []string `yaml:"times"`
		Zone  string   `yaml:"zone"`
	} `yaml:"scalars"`
	Resources map[record.Kind]*Resource `yaml:"resources"`
	Folds     []Fold                    `yaml:"folds"`
}

// Deletes says how deletions show.
type Deletes struct {
	Mode  string `yaml:"mode"` // tombstone, flag, absence, none
	Param string `yaml:"param"`
	Field string `yaml:"field"`
	Sweep string `yaml:"sweep"` // fields_id, full, none
}

// Resource is one resource of a profile.
type Resource struct {
	Path         string            `yaml:"path"`
	Enabled      *bool             `yaml:"enabled"`
	Required     bool              `yaml:"required"`
	Query        map[string]string `yaml:"query"`
	Fields       FieldMap          `yaml:"fields"`
	Deletes      *Deletes          `yaml:"deletes"`
	AbsentStatus []int             `yaml:"absent_status"`
	Parts        []Collection      `yaml:"parts"`
}

// Collection is one of several collections that make a resource.
type Collection struct {
	Path   string   `yaml:"path"`
	Fields FieldMap `yaml:"fields"`
}

// FieldMap maps canonical paths to field specs; nil is the identity.
type FieldMap map[string]string

// UnmarshalYAML accepts `identity` and a map.
func (m *FieldMap) UnmarshalYAML(b []byte) error {
	if strings.TrimSpace(string(b)) == "identity" {
		*m = nil
		return nil
	}
	var plain map[string]string
	if err := yaml.UnmarshalWithOptions(b, &plain, yaml.Strict()); err != nil {
		return err
	}
	*m = plain
	return nil
}

// Fold merges a secondary collection into a field of a parent.
type Fold struct {
	Path   string            `yaml:"path"`
	Into   record.Kind       `yaml:"into"`
	Match  string            `yaml:"match"`
	Kind   string            `yaml:"kind"` // list, map, objects
	Field  string            `yaml:"field"`
	Value  string            `yaml:"value"`
	Name   string            `yaml:"name"`
	Object map[string]string `yaml:"object"`
}

// LoadProfile finds a profile that ships, dv1 or prototype, or reads one from a file.
func LoadProfile(name string) (*Profile, error) {
	if name == "" {
		name = "dv1"
	}
	text, err := shipped.ReadFile("profiles/" + name + ".yaml")
	if err != nil {
		if text, err = os.ReadFile(name); err != nil {
			return nil, fmt.Errorf("profile %q is neither dv1, prototype nor a readable file", name)
		}
	}
	p := new(Profile)
	if err := yaml.NewDecoder(bytes.NewReader(text), yaml.Strict()).Decode(p); err != nil {
		return nil, fmt.Errorf("profile %s: %w", name, err)
	}
	if err := p.check(); err != nil {
		return nil, fmt.Errorf("profile %s: %w", name, err)
	}
	return p, nil
}

func (p *Profile) check() error {
	oneOf := func(key, value string, allowed ...string) error {
		if !slices.Contains(allowed, value) {
			return fmt.Errorf("%s is %q; use one of %s", key, value, strings.Join(allowed, ", "))
		}
		return nil
	}
	if p.Version != 1 {
		return fmt.Errorf("version is %d; this program reads version 1", p.Version)
	}
	for _, err := range []error{
		oneOf("paging.style", p.Paging.Style, pagingCursor, pagingPage, pagingOffset, pagingLink, pagingNone),
		oneOf("delta.mode", p.Delta.Mode, "param", "full_hash"),
		oneOf("deletes.mode", p.Deletes.Mode, "tombstone", "flag", "absence", "none"),
		oneOf("deletes.sweep", p.Deletes.Sweep, "fields_id", "full", "none"),
		oneOf("count.mode", p.Count.Mode, "endpoint", "total", "own"),
		p.Paging.check(),
	} {
		if err != nil {
			return err
		}
	}
	if len(p.Folds) > 0 && p.Paging.Style != pagingNone {
		return fmt.Errorf("folds need paging.style none")
	}
	for kind, r := range p.Resources {
		if !slices.Contains(record.Kinds, kind) {
			return fmt.Errorf("resources: %q is no resource of the contract", kind)
		}
		if r == nil {
			p.Resources[kind] = new(Resource)
			r = p.Resources[kind]
		}
		if r.Path == "" && len(r.Parts) == 0 {
			r.Path = "/" + string(kind)
		}
	}
	return p.checkFields()
}

func (p *Profile) allows(m Mode) bool { return slices.Contains(p.Auth.Modes, m) }

// deletes is the rule for a resource.
func (p *Profile) deletes(kind record.Kind) Deletes {
	if r := p.Resources[kind]; r != nil && r.Deletes != nil {
		return *r.Deletes
	}
	return p.Deletes
}

// Overlap is how far a watermark stays behind the source's time (rezora contract 3.5).
func (p *Profile) Overlap() time.Duration { return time.Duration(p.Delta.OverlapS) * time.Second }

// since writes a time as the dialect wants it in parameters.
func (p *Profile) since(t time.Time) string {
	switch p.Delta.Format {
	case "mysql":
		return t.UTC().Format(time.DateTime)
	case "epoch":
		return fmt.Sprint(t.Unix())
	}
	return t.UTC().Format("2006-01-02T15:04:05Z")
}
