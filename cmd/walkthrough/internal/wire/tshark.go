package wire

import (
	"bytes"
	"context"
	"fmt"
	"os/exec"
)

// malformed is tshark's display filter for whatever is wrong with a packet by itself. That one was sent again or came
// late is nothing of the kind.
const malformed = `_ws.malformed || _ws.short || _ws.expert.severity == "Error" || ` +
	`ip.checksum.status == "Bad" || tcp.checksum.status == "Bad"`

// tshark has the program of that name read a capture file, and returns a line for each packet that it finds something
// wrong with. It returns exec.ErrNotFound where there is no such program.
func tshark(ctx context.Context, file string) ([][]byte, error) {
	path, err := exec.LookPath("tshark")
	if err != nil {
		return nil, exec.ErrNotFound
	}
	var found, complaint bytes.Buffer
	cmd := exec.CommandContext(ctx, path, "-n", "-r", file,
		"-o", "ip.check_checksum:TRUE", "-o", "tcp.check_checksum:TRUE", "-Y", malformed)
	cmd.Stdout, cmd.Stderr = &found, &complaint
	if err := cmd.Run(); err != nil {
		return nil, fmt.Errorf("tshark: %w: %s", err, bytes.TrimSpace(complaint.Bytes()))
	}
	if found.Len() == 0 {
		return nil, nil
	}
	return bytes.Split(bytes.TrimSpace(found.Bytes()), []byte("\n")), nil
}
