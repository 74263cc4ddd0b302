package config

import (
	"errors"
	"os"
	"reflect"
	"sort"
	"strings"

	"github.com/caarlos0/env/v11"
)

type environment map[string]string

// Environ returns the environment of the process.
func Environ() map[string]string {
	return env.ToMap(os.Environ())
}

func withoutEmpty(environ map[string]string) environment {
	out := make(environment, len(environ))
	for k, v := range environ {
		if v != "" {
			out[k] = v
		}
	}
	return out
}

// fill sets the fields of the struct at dst that the environment names; the others keep what they hold.
func (e environment) fill(dst any) error {
	err := env.ParseWithOptions(dst, env.Options{Environment: e})
	if err == nil {
		return nil
	}
	var field env.ParseError
	if !errors.As(err, &field) {
		return bad("environment", err.Error(), "correct it")
	}
	name, kind := settingOf(reflect.TypeOf(dst).Elem(), field.Name, field.Type)
	cause := "is not " + kind
	if field.Type != reflect.TypeFor[Secret]() {
		cause = quote(e[name]) + " " + cause
	}
	return bad(name, cause, "correct it or unset it")
}

// settingOf finds the variable behind a Go field, and says in words what it must hold.
func settingOf(t reflect.Type, field string, typ reflect.Type) (name, kind string) {
	for f := range fieldsWithEnv(t) {
		if f.Name == field && f.Type == typ {
			name = f.Tag.Get("env")
		}
	}
	switch typ.Kind() {
	case reflect.Bool:
		kind = "true or false"
	case reflect.Float32, reflect.Float64:
		kind = "a number above 0"
	default:
		kind = "a whole number"
	}
	return name, kind
}

func fieldsWithEnv(t reflect.Type) func(yield func(reflect.StructField) bool) {
	return func(yield func(reflect.StructField) bool) {
		for i := range t.NumField() {
			f := t.Field(i)
			if f.Tag.Get("env") != "" {
				if !yield(f) {
					return
				}
				continue
			}
			if f.Type.Kind() == reflect.Struct {
				for g := range fieldsWithEnv(f.Type) {
					if !yield(g) {
						return
					}
				}
			}
		}
	}
}

// Names lists every environment variable that this package reads, sorted.
func Names() []string {
	var names []string
	for f := range fieldsWithEnv(reflect.TypeFor[Config]()) {
		name, _, _ := strings.Cut(f.Tag.Get("env"), ",")
		names = append(names, name)
	}
	sort.Strings(names)
	return names
}
