package users

import (
	"errors"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

func asStatus(err error, status *apierrors.APIStatus) bool { return errors.As(err, status) }

// eachItem calls do with each item of a list.
func eachItem(list client.ObjectList, do func(client.Object) error) error {
	return meta.EachListItem(list, func(item runtime.Object) error { return do(item.(client.Object)) })
}
