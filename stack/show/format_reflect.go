package show

import (
	"cmp"
	"fmt"
	"net/netip"
	"reflect"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
	"unsafe"
)

var (
	errorType    = reflect.TypeFor[error]()
	stringerType = reflect.TypeFor[fmt.Stringer]()
)

// spoken returns the text that a value has for itself. The methods of a reader's type count only where the interpreter
// has them too, which methods says.
func spoken(v reflect.Value, methods bool) (text string, ok bool) {
	if v.Kind() == reflect.Interface || ofReader(v.Type()) && !methods {
		return "", false
	}
	if isWrapper(v.Type()) && !methods {
		return "", false
	}
	if v.Kind() == reflect.Pointer && v.IsNil() {
		return "nil", true
	}
	defer func() {
		if r := recover(); r != nil {
			text, ok = fmt.Sprintf("its own text cannot be had: %v", r), true
		}
	}()
	switch x := v.Interface().(type) {
	case time.Time:
		return formatTime(x), true
	case netip.AddrPort:
		return formatAddrPort(x), true
	case netip.Addr:
		if !x.IsValid() {
			return "none", true
		}
		return x.String(), true
	case netip.Prefix:
		if !x.IsValid() {
			return "none", true
		}
		return x.String(), true
	case Picture:
		return x.Text(), true
	case error:
		return x.Error(), true
	case fmt.Stringer:
		return x.String(), true
	}
	return "", false
}

// ofReader says whether a type is one that a cell defines: without a name when interpreted, of package main when the
// chapter is compiled. Of a pointer, what it points to counts.
func ofReader(t reflect.Type) bool {
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	return t.PkgPath() == "main" || t.Name() == "" && t.Kind() == reflect.Struct
}

// isWrapper says whether a type is what the interpreter wraps a reader's value in to give it methods that compiled code
// can call: struct { IValue any; WString func() string }.
func isWrapper(t reflect.Type) bool {
	return t.Kind() == reflect.Struct && strings.HasPrefix(t.Name(), "_") && t.NumField() > 0 && t.Field(0).Name == "IValue"
}

// unwrap takes off what the interpreter wraps a value in.
func unwrap(v reflect.Value) reflect.Value {
	for range maxNesting {
		t := v.Type()
		switch {
		case isWrapper(t) && !v.Field(0).IsNil():
			v = settle(v.Field(0).Elem())
		case t.Name() == "valueInterface" && strings.HasSuffix(t.PkgPath(), "yaegi/interp"):
			// How the interpreter keeps a value in a variable of an interface type.
			inner, ok := settle(v.FieldByName("value")).Interface().(reflect.Value)
			if !ok || !inner.IsValid() {
				return v
			}
			v = settle(inner)
		default:
			return v
		}
	}
	return v
}

// settle returns the value in a form in which all of it can be read, fields that are not exported included: addressable,
// and without the mark that forbids it. Nothing is ever written.
func settle(v reflect.Value) reflect.Value {
	switch {
	case v.CanAddr() && v.CanInterface():
		return v
	case v.CanAddr():
		return reflect.NewAt(v.Type(), unsafe.Pointer(v.UnsafeAddr())).Elem()
	}
	c := reflect.New(v.Type()).Elem()
	c.Set(v)
	return c
}

type field struct {
	name  string
	value reflect.Value
}

// fieldsOf returns what is to be shown of a struct: of a reader's type everything, of any other what it exports.
func fieldsOf(v reflect.Value) []field {
	var fields []field
	t := v.Type()
	for i := range t.NumField() {
		d := t.Field(i)
		name := d.Name
		if t.Name() == "" {
			name = sourceName(name)
		}
		if name == "_" || !d.IsExported() && !ofReader(t) {
			continue
		}
		fields = append(fields, field{name, settle(v.Field(i))})
	}
	return fields
}

// sourceName takes off the X that the interpreter puts before the name of a field that is not exported.
func sourceName(name string) string {
	rest, ok := strings.CutPrefix(name, "X")
	if r, _ := utf8.DecodeRuneInString(rest); !ok || rest == "" || unicode.IsUpper(r) || unicode.IsDigit(r) {
		return name
	}
	return rest
}

// isBytes says whether a list holds bytes, and not small numbers that have a text of their own.
func isBytes(v reflect.Value) bool {
	t := v.Type().Elem()
	return v.Len() > 0 && t.Kind() == reflect.Uint8 && (ofReader(t) || !t.Implements(stringerType))
}

func bytesOf(v reflect.Value) []byte {
	if v.Kind() == reflect.Array {
		v = v.Slice(0, v.Len())
	}
	return v.Bytes()
}

func compare[T cmp.Ordered](a, b T) int { return cmp.Compare(a, b) }
