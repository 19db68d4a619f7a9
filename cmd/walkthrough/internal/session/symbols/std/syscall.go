package std

import (
	"reflect"
	"syscall"
)

// The errors a socket call can give are syscall's; nothing else of that package is for cells.
func init() {
	Symbols["syscall/syscall"] = map[string]reflect.Value{
		"EADDRINUSE":      reflect.ValueOf(syscall.EADDRINUSE),
		"EAFNOSUPPORT":    reflect.ValueOf(syscall.EAFNOSUPPORT),
		"EBADF":           reflect.ValueOf(syscall.EBADF),
		"ECONNREFUSED":    reflect.ValueOf(syscall.ECONNREFUSED),
		"ECONNRESET":      reflect.ValueOf(syscall.ECONNRESET),
		"EHOSTUNREACH":    reflect.ValueOf(syscall.EHOSTUNREACH),
		"EINPROGRESS":     reflect.ValueOf(syscall.EINPROGRESS),
		"EINVAL":          reflect.ValueOf(syscall.EINVAL),
		"EISCONN":         reflect.ValueOf(syscall.EISCONN),
		"EMFILE":          reflect.ValueOf(syscall.EMFILE),
		"ENETUNREACH":     reflect.ValueOf(syscall.ENETUNREACH),
		"ENOTCONN":        reflect.ValueOf(syscall.ENOTCONN),
		"EPIPE":           reflect.ValueOf(syscall.EPIPE),
		"EPROTONOSUPPORT": reflect.ValueOf(syscall.EPROTONOSUPPORT),
		"EPROTOTYPE":      reflect.ValueOf(syscall.EPROTOTYPE),
		"EMSGSIZE":        reflect.ValueOf(syscall.EMSGSIZE),
		"EOPNOTSUPP":      reflect.ValueOf(syscall.EOPNOTSUPP),
		"EALREADY":        reflect.ValueOf(syscall.EALREADY),
		"EADDRNOTAVAIL":   reflect.ValueOf(syscall.EADDRNOTAVAIL),
		"EDESTADDRREQ":    reflect.ValueOf(syscall.EDESTADDRREQ),
		"ETIMEDOUT":       reflect.ValueOf(syscall.ETIMEDOUT),
		"Errno":           reflect.ValueOf((*syscall.Errno)(nil)),
	}
}
