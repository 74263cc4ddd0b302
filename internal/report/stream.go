package report

import "errors"

var errStopped = errors.New("the reader has enough")

// Walk makes a stream of a walk that calls back for each item, and converts the items on the way. What walk returns for an error of its
// callback is not looked at when the reader itself has stopped.
func Walk[S, T any](walk func(func(S) error) error, convert func(S) (T, error)) Stream[T] {
	return func(yield func(T, error) bool) {
		stopped := false
		err := walk(func(s S) error {
			t, err := convert(s)
			if err != nil {
				return err
			}
			if !yield(t, nil) {
				stopped = true
				return errStopped
			}
			return nil
		})
		if err != nil && !stopped {
			var none T
			yield(none, err)
		}
	}
}

// Items streams a slice.
func Items[T any](items []T) Stream[T] {
	return func(yield func(T, error) bool) {
		for _, item := range items {
			if !yield(item, nil) {
				return
			}
		}
	}
}

// each stops at the first error.
func each[T any](items Stream[T], do func(T) error) error {
	if items == nil {
		return nil
	}
	for item, err := range items {
		if err != nil {
			return err
		}
		if err := do(item); err != nil {
			return err
		}
	}
	return nil
}
