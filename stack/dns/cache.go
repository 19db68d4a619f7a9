//go:build !before8

package dns

import (
	"container/list"
	"slices"
	"time"
)

// How long something is remembered at most, whatever a server says, in seconds.
const (
	maxTTL     = 24 * 60 * 60
	maxSilence = 3 * 60 * 60 // that there is nothing (RFC 2308 5)
)

// How much is remembered at most. When there is more, what has not been asked for longest is forgotten.
const (
	maxEntries = 1000
	maxMemory  = 1 << 20 // bytes, about
)

// question is what is asked about: a name, whole and in lower case, and the type of its records.
type question struct {
	name string
	kind Type
}

// cache is what has been answered and still holds: answers, and that there are none (RFC 2308).
type cache struct {
	entries map[question]*list.Element // of entry
	used    list.List                  // the last used first
	memory  int
}

type entry struct {
	question question
	found    finding
	born     time.Duration
	size     int
}

func (e *entry) expired(now time.Duration) bool {
	return now-e.born >= time.Duration(e.found.ttl)*time.Second
}

// put remembers what an answer has come to.
func (c *cache) put(now time.Duration, q question, f finding) {
	if f.ttl == 0 {
		return // good for this once (RFC 1035 3.2.1)
	}
	e := &entry{question: q, found: f, born: now, size: 256 + len(q.name)}
	for _, r := range f.records {
		e.size += r.size()
	}
	if e.size > maxMemory/4 {
		return // that much would push out too much else
	}
	c.forget(q)
	if c.entries == nil {
		c.entries = make(map[question]*list.Element)
	}
	c.entries[q] = c.used.PushFront(e)
	c.memory += e.size
	for len(c.entries) > maxEntries || c.memory > maxMemory {
		c.forget(c.used.Back().Value.(*entry).question)
	}
}

// get returns what is remembered, with the seconds that are left.
func (c *cache) get(now time.Duration, q question) (finding, bool) {
	at, ok := c.entries[q]
	if !ok {
		return finding{}, false
	}
	e := at.Value.(*entry)
	if e.expired(now) {
		c.forget(q)
		return finding{}, false
	}
	c.used.MoveToFront(at)
	f := e.found
	age := uint32((now - e.born) / time.Second)
	f.ttl -= age
	f.records = slices.Clone(f.records)
	for i := range f.records {
		f.records[i].TTL -= min(age, f.records[i].TTL)
	}
	return f, true
}

func (c *cache) forget(q question) {
	if at, ok := c.entries[q]; ok {
		c.memory -= at.Value.(*entry).size
		c.used.Remove(at)
		delete(c.entries, q)
	}
}

func (c *cache) clear() { *c = cache{} }
