package wire

import (
	"bytes"
	"fmt"
	"net/http"
	"strconv"
)

// page builds the page that a host serves, of exactly size bytes unless that is too short for it.
func page(host string, size int) []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "<!doctype html><title>%s</title><h1>Hello from %s</h1>\n", host, host)
	for line := 1; b.Len() < size; line++ {
		fmt.Fprintf(&b, "<p>%d: this line is here to make the page %d bytes long.\n", line, size)
	}
	if size >= 128 {
		b.Truncate(size)
	}
	return b.Bytes()
}

// serve answers requests for path with the page, and others with 404.
func serve(path string, page []byte) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != path {
			http.NotFound(w, r)
			return
		}
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		w.Header().Set("Content-Length", strconv.Itoa(len(page)))
		_, _ = w.Write(page) // a client that has gone away is no concern of the page
	})
}
