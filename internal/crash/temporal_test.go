package crash

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"time"

	"github.com/stretchr/testify/mock"
	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/operatorservice/v1"
	workflowpb "go.temporal.io/api/workflow/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/testsuite"
	"google.golang.org/grpc"

	"rezora2nutshell/activities"
	"rezora2nutshell/internal/api"
	"rezora2nutshell/internal/step"
	"rezora2nutshell/workflows"
)

// server is the Temporal server as far as activities ask it: every earlier workflow has ended, the search attributes are there.
type server struct{ client.Client }

func (server) DescribeWorkflowExecution(context.Context, string, string) (*workflowservice.DescribeWorkflowExecutionResponse, error) {
	return &workflowservice.DescribeWorkflowExecutionResponse{WorkflowExecutionInfo: &workflowpb.WorkflowExecutionInfo{Status: enumspb.WORKFLOW_EXECUTION_STATUS_COMPLETED}}, nil
}

func (server) OperatorService() operatorservice.OperatorServiceClient { return operator{} }

func (server) WorkflowService() workflowservice.WorkflowServiceClient { return frontend{} }

type operator struct {
	operatorservice.OperatorServiceClient
}

func (operator) ListSearchAttributes(context.Context, *operatorservice.ListSearchAttributesRequest, ...grpc.CallOption) (*operatorservice.ListSearchAttributesResponse, error) {
	return &operatorservice.ListSearchAttributesResponse{}, nil
}

func (operator) AddSearchAttributes(context.Context, *operatorservice.AddSearchAttributesRequest, ...grpc.CallOption) (*operatorservice.AddSearchAttributesResponse, error) {
	return nil, errors.New("no right to do so")
}

type frontend struct {
	workflowservice.WorkflowServiceClient
}

func (frontend) GetWorkflowExecutionHistory(context.Context, *workflowservice.GetWorkflowExecutionHistoryRequest, ...grpc.CallOption) (*workflowservice.GetWorkflowExecutionHistoryResponse, error) {
	return &workflowservice.GetWorkflowExecutionHistoryResponse{}, nil
}

func (frontend) GetWorkflowExecutionHistoryReverse(context.Context, *workflowservice.GetWorkflowExecutionHistoryReverseRequest, ...grpc.CallOption) (*workflowservice.GetWorkflowExecutionHistoryReverseResponse, error) {
	return &workflowservice.GetWorkflowExecutionHistoryReverseResponse{}, nil
}

// pollEvery is how often the story looks where a workflow stands, in workflow time.
const pollEvery = time.Minute

// engine runs one workflow whose activities are carried out by whatever worker is alive.
type engine struct {
	*testsuite.TestWorkflowEnvironment
	story *story
	at    func(api.Progress) // hears now and then where the workflow stands
}

func (s *story) engine(at func(api.Progress)) *engine {
	var suite testsuite.WorkflowTestSuite
	suite.SetLogger(silent{})
	e := &engine{suite.NewTestWorkflowEnvironment(), s, at}
	e.SetTestTimeout(365 * 24 * time.Hour)
	workflows.Register(e)
	steps := registry{}
	new(activities.Activities).Register(steps)
	for name, fn := range steps {
		e.RegisterActivityWithOptions(e.lasting(name, reflect.TypeOf(fn)), activity.RegisterOptions{Name: name})
	}
	e.OnSignalExternalWorkflow(mock.Anything, mock.Anything, mock.Anything, mock.Anything, mock.Anything).Return(
		func(_, _, _, signal string, arg any) error { e.SignalWorkflow(signal, arg); return nil })
	return e
}

// lasting is an activity that outlives workers: the answer of one that died in it is lost, and Temporal gives the task to the next.
func (e *engine) lasting(name string, fn reflect.Type) any {
	return reflect.MakeFunc(fn, func(in []reflect.Value) []reflect.Value {
		fail := func(err error) []reflect.Value {
			out := make([]reflect.Value, fn.NumOut())
			for i := range out {
				out[i] = reflect.Zero(fn.Out(i))
			}
			out[len(out)-1] = reflect.ValueOf(&err).Elem()
			return out
		}
		if name == step.Notify { // it outlives the story, which a try again must not; nobody listens here
			return fail(nil)
		}
		w, err := e.story.someone()
		if err != nil {
			return fail(err)
		}
		ctx, cancel := context.WithCancel(in[0].Interface().(context.Context))
		defer cancel()
		defer context.AfterFunc(w.alive, cancel)()
		e.story.begins(ctx, name)
		out := reflect.ValueOf(w.steps[name]).Call([]reflect.Value{reflect.ValueOf(ctx), named(in[1])})
		w.busy.Done()
		if e.story.gate.dead(w) {
			return fail(temporal.NewApplicationError("the worker died", "died"))
		}
		return out
	}).Interface()
}

// named gives the input of a step the first run id, which the SDK's environment for tests does not know.
func named(in reflect.Value) reflect.Value {
	out := reflect.New(in.Type()).Elem()
	out.Set(in)
	if id := out.FieldByName("FirstRunID"); id.IsValid() {
		id.SetString("first-run")
	}
	return out
}

// run executes a workflow to its end and returns its result. A park is answered with resume, as a person would when the cause is over.
func (e *engine) run(workflow, input string) (api.Progress, error) {
	var poll func()
	poll = func() {
		var p api.Progress
		if v, err := e.QueryWorkflow(api.ProgressQuery); err == nil && v.Get(&p) == nil {
			if p.Status == api.StatusParked {
				e.story.parked(p)
				e.SignalWorkflow(api.Resume, api.By{By: "jo@example.com"})
			}
			e.at(p)
		}
		e.RegisterDelayedCallback(poll, pollEvery)
	}
	e.RegisterDelayedCallback(poll, pollEvery)
	e.ExecuteWorkflow(workflow, raw(input))
	var p api.Progress
	if !e.IsWorkflowCompleted() {
		return p, fmt.Errorf("%s does not end", workflow)
	}
	if err := e.GetWorkflowError(); err != nil {
		return p, err
	}
	return p, e.GetWorkflowResult(&p)
}

func raw(s string) converter.RawValue {
	p, err := converter.GetDefaultDataConverter().ToPayload(json.RawMessage(s))
	if err != nil {
		panic(err)
	}
	return converter.NewRawValue(p)
}

// silent drops what the SDK has to say about activities that fail: they are meant to.
type silent struct{}

func (silent) Debug(string, ...any) {}
func (silent) Info(string, ...any)  {}
func (silent) Warn(string, ...any)  {}
func (silent) Error(string, ...any) {}
