// Package prelude is what the chunks that package cell makes call, compiled: how values are shown, where the cell is, what
// Go's newer builtins do, and deferred calls.
package prelude

import (
	"math"
	"reflect"
	"slices"
	"sync/atomic"
	"unsafe"
)

// Path is the import path under which an interpreter knows this package, and Name the name that chunks call it by, which
// no reader's name can be.
const (
	Path = "prelude"
	Name = "preludeˑ"
)

// position is line<<32 | column of the statement at the top level of a cell that is running.
var position atomic.Uint64

// Position returns the line and the column of the statement at the top level of a cell that ran last. A panic arose in it.
func Position() (line, col int) {
	p := position.Load()
	return int(p >> 32), int(uint32(p))
}

func at(line, col int) { position.Store(uint64(line)<<32 | uint64(uint32(col))) }

// Symbols returns what an interpreter is given to use. show is called with the values that a cell shows, when it shows
// them; function is what the interpreter knows it by, a key for its map types, so that values come with their methods.
func Symbols(show func(values []any)) (symbols map[string]map[string]reflect.Value, function reflect.Value) {
	function = reflect.ValueOf(func(values ...any) {
		for i, v := range values {
			values[i] = Value(v)
		}
		show(values)
	})
	return map[string]map[string]reflect.Value{Path + "/prelude": {
		"Show":      function,
		"At":        reflect.ValueOf(at),
		"MinInt":    reflect.ValueOf(minOf[int64]),
		"MaxInt":    reflect.ValueOf(maxOf[int64]),
		"MinUint":   reflect.ValueOf(minOf[uint64]),
		"MaxUint":   reflect.ValueOf(maxOf[uint64]),
		"MinFloat":  reflect.ValueOf(minFloat),
		"MaxFloat":  reflect.ValueOf(maxFloat),
		"MinString": reflect.ValueOf(minOf[string]),
		"MaxString": reflect.ValueOf(maxOf[string]),
		"Clear":     reflect.ValueOf(func(v any) { reflect.ValueOf(v).Clear() }),
		"As":        reflect.ValueOf(as),
		"Same":      reflect.ValueOf(same),
		"Deferred":  reflect.ValueOf((*Deferred)(nil)),
	}}, function
}

// same says whether two errors are equal, whichever way they have come.
func same(a, b error) bool {
	x, y := inner(a), inner(b)
	if !x.IsValid() || !y.IsValid() {
		return x.IsValid() == y.IsValid()
	}
	return x.Type() == y.Type() && x.Comparable() && x.Equal(y)
}

// as is errors.As for a target of a reader's type, whose values the interpreter wraps on their way through compiled code.
func as(err error, target any) bool {
	t := reflect.ValueOf(target).Elem()
	if err == nil {
		return false
	}
	if v := inner(err); v.IsValid() && v.Type() == t.Type() {
		t.Set(v)
		return true
	}
	switch e := err.(type) {
	case interface{ Unwrap() error }:
		return as(e.Unwrap(), target)
	case interface{ Unwrap() []error }:
		return slices.ContainsFunc(e.Unwrap(), func(err error) bool { return as(err, target) })
	}
	return false
}

// inner takes off everything that the interpreter wraps a value in.
func inner(v any) reflect.Value {
	for range 8 {
		v = Value(v)
		x := reflect.ValueOf(v)
		if !x.IsValid() || x.Kind() != reflect.Struct || x.NumField() == 0 || x.Type().Field(0).Name != "IValue" {
			return x
		}
		v = x.Field(0).Interface()
	}
	return reflect.ValueOf(v)
}

func minOf[T int64 | uint64 | string](values ...T) T {
	m := values[0]
	for _, v := range values[1:] {
		m = min(m, v)
	}
	return m
}

func maxOf[T int64 | uint64 | string](values ...T) T {
	m := values[0]
	for _, v := range values[1:] {
		m = max(m, v)
	}
	return m
}

func minFloat(values ...float64) float64 {
	m := values[0]
	for _, v := range values[1:] {
		m = math.Min(m, v)
	}
	return m
}

func maxFloat(values ...float64) float64 {
	m := values[0]
	for _, v := range values[1:] {
		m = math.Max(m, v)
	}
	return m
}

// Deferred is the deferred calls of one call of a function. The interpreter's own defer evaluates arguments too late, and
// holds a lock while it makes the calls. So a function that defers has its body made a closure, which Call calls, and
// pushes what it defers.
type Deferred struct {
	calls   []func()
	value   any
	panicks bool
}

// Push defers a call.
func (d *Deferred) Push(call func()) { d.calls = append(d.calls, call) }

// Call calls the body, and then, whether or not it panics, what the body deferred, the last first. A panic that nothing
// recovers from goes on.
func (d *Deferred) Call(body func()) {
	d.call(body)
	for len(d.calls) > 0 {
		last := len(d.calls) - 1
		call := d.calls[last]
		d.calls = d.calls[:last]
		d.call(call)
	}
	if d.panicks {
		panic(d.value)
	}
}

func (d *Deferred) call(f func()) {
	defer func() {
		if v := Value(recover()); v != nil {
			d.value, d.panicks = v, true
		}
	}()
	f()
}

// Recover is recover in a deferred function.
func (d *Deferred) Recover() any {
	v := d.value
	d.value, d.panicks = nil, false
	return v
}

// Value takes off what the interpreter wraps a value in when it is kept in an interface.
func Value(v any) any {
	for range 8 {
		if inner, ok := v.(reflect.Value); ok {
			if !inner.IsValid() || !inner.CanInterface() {
				return nil
			}
			v = inner.Interface()
			continue
		}
		t := reflect.TypeOf(v)
		if t == nil || t.Kind() != reflect.Struct || t.Name() != "valueInterface" {
			return v
		}
		c := reflect.New(t).Elem()
		c.Set(reflect.ValueOf(v))
		f := c.FieldByName("value")
		v = reflect.NewAt(f.Type(), unsafe.Pointer(f.UnsafeAddr())).Elem().Interface()
	}
	return v
}
