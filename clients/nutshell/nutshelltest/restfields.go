package nutshelltest

import (
	"net/http"
	"strconv"
	"unicode/utf8"
)

// newField is POST /rest/{collection}/customfield (nutshell contract 5.1).
func (c *restCall) newField(k kind) (*answer, *Error) {
	v, decodeErr := decodeJSON(c.body)
	in, ok := v.(map[string]any)
	if decodeErr != nil || !ok || !utf8.Valid(c.body) {
		return nil, restInvalid("Invalid custom field", "body is not a JSON object")
	}
	if err := c.actor.mayWrite(); err != nil {
		return nil, err
	}
	c.db.mu.Lock()
	defer c.db.mu.Unlock()
	def, err := c.db.define(c.cfg, k, in)
	if err != nil {
		return nil, err
	}
	if c.cfg.RESTAttributes != "bare" {
		return &answer{status: http.StatusOK}, nil
	}
	w := c.s.restView()
	w.open('{')
	w.key("customFields")
	w.open('[')
	w.bareAttribute(def)
	w.close(']')
	w.close('}')
	return restAnswer(http.StatusCreated, w), nil
}

// attributes is GET /rest/{collection}/customfields/attributes.
func (c *restCall) attributes(k kind) (*answer, *Error) {
	c.db.mu.RLock()
	defer c.db.mu.RUnlock()
	w := c.s.restView()
	bare := c.cfg.RESTAttributes == "bare"
	if !bare {
		w.open('{')
		w.key("customFields")
	}
	w.open('[')
	for _, d := range c.db.fields[k] {
		if bare {
			w.bareAttribute(d)
		} else {
			w.wrappedAttribute(d)
		}
	}
	w.close(']')
	if !bare {
		w.close('}')
	}
	return restAnswer(http.StatusOK, w), nil
}

func (w *view) attributeID(d *fieldDef) {
	w.kstr("id", strconv.FormatInt(d.id, 10)+"-attributes")
}

func (w *view) bareAttribute(d *fieldDef) {
	w.open('{')
	w.attributeID(d)
	w.kstr("name", d.name)
	w.kstr("title", d.name)
	w.kstr("type", d.fieldType)
	w.kbool("isMultiple", d.multiple)
	w.choices("choices", d)
	w.close('}')
}

func (w *view) wrappedAttribute(d *fieldDef) {
	w.open('{')
	w.attributeID(d)
	w.kstr("title", d.name)
	switch {
	case d.fieldType != "select":
		w.kstr("type", d.fieldType)
	case d.multiple:
		w.kstr("type", "enum-multiple")
		w.choices("enum", d)
	default:
		w.kstr("type", "enum")
		w.choices("enum", d)
	}
	w.close('}')
}

// listFields is GET /rest/{collection}/list/fields: what may stand in filter[].
func (c *restCall) listFields(k kind) (*answer, *Error) {
	c.db.mu.RLock()
	defer c.db.mu.RUnlock()
	w := c.s.restView()
	w.open('{')
	w.key("properties")
	w.open('{')
	for _, d := range c.db.fields[k] {
		w.textKey(c.filterKey(d))
		w.open('{')
		if d.fieldType == "select" {
			w.kstr("type", "enum")
			w.choices("enum", d)
		} else {
			w.kstr("type", "string")
		}
		w.kstr("title", d.name)
		w.kbool("isFilterable", d.filterable())
		w.close('}')
	}
	for _, own := range [][2]string{{"name", "Name"}, {"createdTime", "Created"}} {
		if def := c.filterField(k, own[0]); def != nil {
			continue // a custom field of that name holds the key
		}
		w.key(own[0])
		w.open('{')
		w.kstr("type", "string")
		w.kstr("title", own[1])
		w.kbool("isFilterable", false)
		w.close('}')
	}
	w.close('}')
	w.close('}')
	return restAnswer(http.StatusOK, w), nil
}
