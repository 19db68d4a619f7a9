package prelude

import (
	"fmt"
	"io"
	"reflect"
)

// Fmt returns those functions of fmt that take values of any type, by their names, for an interpreter to use instead of
// fmt's own: a value of a reader's type comes to compiled code wrapped when it was kept in an any, and fmt would print the
// wrapping. Print, Printf and Println print to out.
func Fmt(out io.Writer) map[string]reflect.Value {
	functions := map[string]any{
		"Print":    func(a ...any) (int, error) { return fmt.Fprint(out, values(a)...) },
		"Printf":   func(f string, a ...any) (int, error) { return fmt.Fprintf(out, f, values(a)...) },
		"Println":  func(a ...any) (int, error) { return fmt.Fprintln(out, values(a)...) },
		"Sprint":   func(a ...any) string { return fmt.Sprint(values(a)...) },
		"Sprintf":  func(f string, a ...any) string { return fmt.Sprintf(f, values(a)...) },
		"Sprintln": func(a ...any) string { return fmt.Sprintln(values(a)...) },
		"Fprint":   func(w io.Writer, a ...any) (int, error) { return fmt.Fprint(w, values(a)...) },
		"Fprintf":  func(w io.Writer, f string, a ...any) (int, error) { return fmt.Fprintf(w, f, values(a)...) },
		"Fprintln": func(w io.Writer, a ...any) (int, error) { return fmt.Fprintln(w, values(a)...) },
		"Append":   func(b []byte, a ...any) []byte { return fmt.Append(b, values(a)...) },
		"Appendf":  func(b []byte, f string, a ...any) []byte { return fmt.Appendf(b, f, values(a)...) },
		"Appendln": func(b []byte, a ...any) []byte { return fmt.Appendln(b, values(a)...) },
		"Errorf":   func(f string, a ...any) error { return fmt.Errorf(f, values(a)...) },
	}
	symbols := map[string]reflect.Value{}
	for name, f := range functions {
		symbols[name] = reflect.ValueOf(f)
	}
	return symbols
}

// values takes the wrapping off values, and off what lists of any hold.
func values(a []any) []any {
	b := make([]any, len(a))
	for i, v := range a {
		v = Value(v)
		switch list := v.(type) {
		case []any:
			v = values(list)
		case map[string]any:
			m := make(map[string]any, len(list))
			for k, e := range list {
				m[k] = Value(e)
			}
			v = m
		}
		b[i] = v
	}
	return b
}
