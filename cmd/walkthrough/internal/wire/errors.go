package wire

import (
	"context"
	"errors"
)

// forbiddenError is a reason why the command is not possible here, and what to do about it.
type forbiddenError struct{ text string }

func (e *forbiddenError) Error() string { return e.text }

func (e *forbiddenError) Is(target error) bool { return target == ErrForbidden }

func forbidden(text string) error { return &forbiddenError{text} }

// interruptedError is context.Canceled, said to the user.
type interruptedError struct{ text string }

func (e *interruptedError) Error() string { return e.text }

func (e *interruptedError) Is(target error) bool { return target == context.Canceled }

// outcome is what the copy of the program tells the one that started it.
type outcome struct {
	Error     string `json:",omitempty"`
	Forbidden bool   `json:",omitempty"`
}

func outcomeOf(err error) outcome {
	if err == nil {
		return outcome{}
	}
	return outcome{err.Error(), errors.Is(err, ErrForbidden)}
}

func (o outcome) err() error {
	switch {
	case o.Forbidden:
		return forbidden(o.Error)
	case o.Error != "":
		return errors.New(o.Error)
	}
	return nil
}
