package notebook

import "sync"

// current is the session that runs a cell at the moment.
type current struct {
	mu sync.Mutex
	s  Session
}

func (c *current) set(s Session) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.s = s
}

func (c *current) get() Session {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.s
}
