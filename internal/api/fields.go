package api

import (
	"reflect"
	"strings"
)

// jsonFields maps the JSON names of a struct to pointers to its fields.
func jsonFields(into any) map[string]any {
	v := reflect.ValueOf(into).Elem()
	t := v.Type()
	out := make(map[string]any, t.NumField())
	for i := range t.NumField() {
		name, _, _ := strings.Cut(t.Field(i).Tag.Get("json"), ",")
		if name != "" && name != "-" {
			out[name] = v.Field(i).Addr().Interface()
		}
	}
	return out
}
