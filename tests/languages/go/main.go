// Command client runs calls of the AWS SDK for Go v2: one JSON request a line on stdin, one JSON
// answer a line on stdout. tests/languages/sdk_clients.py describes both.
//
//	client [--keep-host-prefix]
//
// The endpoint, the credentials and the number of attempts are read from the environment by the
// SDK itself.
//
// Most omics operations go to "control-storage-" in front of the endpoint's host. The client
// switches that off with [smithyhttp.DisableEndpointHostPrefix]: the SDK has no option for it. With
// --keep-host-prefix it does not; the connection then goes to 127.0.0.1, whatever the host.
package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"reflect"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/omics"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/smithy-go"
	"github.com/aws/smithy-go/middleware"
	smithyhttp "github.com/aws/smithy-go/transport/http"
)

const maxLineBytes = 1 << 24

type request struct {
	Service   string
	Operation string
	Input     json.RawMessage
	Paginate  bool
	Waiter    string
}

type apiError struct {
	Code    string  `json:"code"`
	Message string  `json:"message"`
	Status  int     `json:"status"`
	Type    *string `json:"type"`
}

type answer struct {
	Output  any       `json:"output,omitempty"`
	Pages   []any     `json:"pages,omitempty"`
	Error   *apiError `json:"error,omitempty"`
	Failure string    `json:"failure,omitempty"`
}

var paginators = map[string]any{
	"ListReadSets":       omics.NewListReadSetsPaginator,
	"ListReferences":     omics.NewListReferencesPaginator,
	"ListSequenceStores": omics.NewListSequenceStoresPaginator,
}

func main() {
	ctx := context.Background()
	keepHostPrefix := len(os.Args) > 1 && os.Args[1] == "--keep-host-prefix"
	clients, err := connect(ctx, keepHostPrefix)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	lines := bufio.NewScanner(os.Stdin)
	lines.Buffer(nil, maxLineBytes)
	for lines.Scan() {
		text, err := json.Marshal(reply(ctx, clients, lines.Bytes()))
		if err != nil {
			text, _ = json.Marshal(answer{Failure: err.Error()})
		}
		fmt.Println(string(text))
	}
}

func connect(ctx context.Context, keepHostPrefix bool) (map[string]any, error) {
	settings, err := config.LoadDefaultConfig(ctx)
	if err != nil {
		return nil, err
	}
	if keepHostPrefix {
		settings.HTTPClient = &http.Client{Transport: &http.Transport{DialContext: dialLoopback}}
	} else {
		settings.APIOptions = append(settings.APIOptions, disableHostPrefix)
	}
	return map[string]any{
		"kms":   kms.NewFromConfig(settings),
		"omics": omics.NewFromConfig(settings),
		"s3":    s3.NewFromConfig(settings, func(o *s3.Options) { o.UsePathStyle = true }),
		"sts":   sts.NewFromConfig(settings),
	}, nil
}

func dialLoopback(ctx context.Context, network, address string) (net.Conn, error) {
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return nil, err
	}
	if net.ParseIP(host) != nil {
		return nil, fmt.Errorf("no prefix in front of %s", host)
	}
	var dialer net.Dialer
	return dialer.DialContext(ctx, network, net.JoinHostPort("127.0.0.1", port))
}

func disableHostPrefix(stack *middleware.Stack) error {
	return stack.Initialize.Add(middleware.InitializeMiddlewareFunc(
		"DisableHostPrefix",
		func(ctx context.Context, in middleware.InitializeInput, next middleware.InitializeHandler) (
			middleware.InitializeOutput, middleware.Metadata, error,
		) {
			return next.HandleInitialize(smithyhttp.DisableEndpointHostPrefix(ctx, true), in)
		},
	), middleware.Before)
}

func reply(ctx context.Context, clients map[string]any, line []byte) answer {
	var asked request
	if err := json.Unmarshal(line, &asked); err != nil {
		return answer{Failure: err.Error()}
	}
	found, err := run(ctx, clients[asked.Service], asked)
	if err == nil {
		return found
	}
	var coded smithy.APIError
	if !errors.As(err, &coded) {
		return answer{Failure: err.Error()}
	}
	return answer{Error: describe(err, coded)}
}

func run(ctx context.Context, client any, asked request) (answer, error) {
	if asked.Waiter != "" {
		return wait(ctx, client, asked)
	}
	method := reflect.ValueOf(client).MethodByName(asked.Operation)
	if !method.IsValid() {
		return answer{}, fmt.Errorf("the SDK has no %s", asked.Operation)
	}
	input := reflect.New(method.Type().In(1).Elem())
	if err := decode(asked.Input, input.Interface()); err != nil {
		return answer{}, err
	}
	lowered := asked.Service == "omics"
	if !asked.Paginate {
		output, err := call(method, ctx, input)
		return answer{Output: toJSON(output, lowered)}, err
	}
	paginator := reflect.ValueOf(paginators[asked.Operation]).Call(
		[]reflect.Value{reflect.ValueOf(client), input},
	)[0]
	pages := []any{}
	for paginator.MethodByName("HasMorePages").Call(nil)[0].Bool() {
		output, err := call(paginator.MethodByName("NextPage"), ctx)
		if err != nil {
			return answer{}, err
		}
		pages = append(pages, toJSON(output, lowered))
	}
	return answer{Pages: pages}, nil
}

func wait(ctx context.Context, client any, asked request) (answer, error) {
	buckets, ok := client.(*s3.Client)
	if !ok || asked.Waiter != "BucketExists" {
		return answer{}, fmt.Errorf("no waiter %s here", asked.Waiter)
	}
	var input s3.HeadBucketInput
	if err := decode(asked.Input, &input); err != nil {
		return answer{}, err
	}
	err := s3.NewBucketExistsWaiter(buckets).Wait(ctx, &input, 30*time.Second)
	return answer{Output: map[string]any{"state": "SUCCESS"}}, err
}

func decode(text []byte, target any) error {
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.DisallowUnknownFields()
	return decoder.Decode(target)
}

func call(method reflect.Value, ctx context.Context, arguments ...reflect.Value) (reflect.Value, error) {
	results := method.Call(append([]reflect.Value{reflect.ValueOf(ctx)}, arguments...))
	err, _ := results[1].Interface().(error)
	return results[0], err
}

func describe(err error, coded smithy.APIError) *apiError {
	described := apiError{Code: coded.ErrorCode(), Message: coded.ErrorMessage()}
	if _, generic := coded.(*smithy.GenericAPIError); !generic {
		described.Type = aws.String(reflect.TypeOf(coded).Elem().Name())
	}
	var response *smithyhttp.ResponseError
	if errors.As(err, &response) {
		described.Status = response.HTTPStatusCode()
	}
	return &described
}

// toJSON returns an output with the names of the API: those of omics begin with a small letter.
// Members that are nil are left out.
func toJSON(value reflect.Value, lowered bool) any {
	switch value.Kind() {
	case reflect.Pointer, reflect.Interface:
		if value.IsNil() {
			return nil
		}
		return toJSON(value.Elem(), lowered)
	case reflect.Slice:
		items := []any{}
		for i := range value.Len() {
			items = append(items, toJSON(value.Index(i), lowered))
		}
		return items
	case reflect.Map:
		members := map[string]any{}
		for _, key := range value.MapKeys() {
			members[key.String()] = toJSON(value.MapIndex(key), lowered)
		}
		return members
	case reflect.Struct:
		if at, ok := value.Interface().(time.Time); ok {
			return at.Format(time.RFC3339Nano)
		}
		return structToJSON(value, lowered)
	default:
		return value.Interface()
	}
}

func structToJSON(value reflect.Value, lowered bool) map[string]any {
	members := map[string]any{}
	for i := range value.NumField() {
		field := value.Type().Field(i)
		nilable := value.Field(i).Kind() == reflect.Slice || value.Field(i).Kind() == reflect.Map
		if !field.IsExported() || field.Name == "ResultMetadata" || nilable && value.Field(i).IsNil() {
			continue
		}
		name := field.Name
		if lowered {
			name = strings.ToLower(name[:1]) + name[1:]
		}
		if item := toJSON(value.Field(i), lowered); item != nil {
			members[name] = item
		}
	}
	return members
}
