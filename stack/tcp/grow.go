//go:build !before9

package tcp

// receiveTop is the largest receive buffer that the connection may ever have, in bytes.
func (c *Conn) receiveTop() int { return c.receive.Limit() }
