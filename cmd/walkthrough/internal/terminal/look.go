package terminal

import (
	"context"

	"github.com/tsunagu/tsunagu/cmd/walkthrough/internal/msg"
	"github.com/tsunagu/tsunagu/cmd/walkthrough/internal/notebook"
)

// What :sockets and :ladder have the session run. Chapters call their world world.
const (
	socketsSource = `if hosts := world.Hosts(); len(hosts) > 0 {
	fmt.Println(show.Sockets(hosts...).Text())
}`
	ladderSource = `if world.Trace().LastFrame() != nil {
	fmt.Println(show.Ladder(world.Trace()).Text())
}`
)

// look runs Go of ours in the reader's session and shows what it prints. Where it prints nothing, or can't run because
// what it looks at is not there yet, none says so.
func (w *Walk) look(ctx context.Context, src string, none msg.Key) error {
	nb := w.engine(ctx)
	if nb == nil {
		return nil
	}
	t := w.transcript("")
	t.quiet = true
	r, stopped, err := w.runs(nb, t, func() (notebook.Result, error) { return nb.Eval(ctx, src, t.message) })
	w.afterTyped(r, stopped, err)
	if err == nil && !t.shown && (r.Err == nil || isOwn(r.Err)) {
		w.note(none)
	}
	return nil
}
