package wire

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os/exec"
	"syscall"
	"time"
)

// fetched is a page that arrived.
type fetched struct {
	proto, status string
	body          []byte
	took          time.Duration
}

// dialer makes connections for an http.Transport.
type dialer func(ctx context.Context, network, addr string) (net.Conn, error)

// fetch gets a page with net/http's own client over a connection that dial makes, calls during when all of it is there,
// and closes the connection.
func fetch(ctx context.Context, dial dialer, url string, during func()) (fetched, error) {
	transport := &http.Transport{DialContext: dial, DisableCompression: true}
	defer transport.CloseIdleConnections()
	began := time.Now()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return fetched{}, err
	}
	answer, err := (&http.Client{Transport: transport}).Do(request)
	if err != nil {
		return fetched{}, err
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		return fetched{}, fmt.Errorf("get %s: %w", url, err)
	}
	took := time.Since(began)
	during()
	return fetched{answer.Proto, answer.Status, body, took}, nil
}

// curl gets a page with the program of that name, which runs in ns. It returns exec.ErrNotFound where there is none.
func curl(ctx context.Context, ns *namespace, url string) ([]byte, error) {
	path, err := exec.LookPath("curl")
	if err != nil {
		return nil, exec.ErrNotFound
	}
	var page, complaint bytes.Buffer
	cmd := exec.CommandContext(ctx, path, "--disable", "--silent", "--show-error", "--fail", "--noproxy", "*", url)
	cmd.Stdout, cmd.Stderr = &page, &complaint
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL} // of the namespace's thread, which outlives it
	ns.do(func() { err = cmd.Start() })                                // what a thread starts lives where the thread does
	if err == nil {
		err = cmd.Wait()
	}
	var failed *exec.ExitError
	if errors.As(err, &failed) {
		err = fmt.Errorf("%w: %s", err, bytes.TrimSpace(complaint.Bytes()))
	}
	if err != nil {
		return nil, fmt.Errorf("curl %s: %w", url, err)
	}
	return page.Bytes(), nil
}
