// Clears an auction of two zones as a job: submit, watch, read the prices.
// Usage: go run . [ADDRESS]; C4E_OPT_CA and C4E_OPT_TOKEN_FILE name files where the service asks for them.
package main

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"log"
	"math"
	"os"
	"strings"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"

	optv1 "c4e-opt-example/gen/c4e/opt/v1"
)

// Repeats what finds nobody: every method called here is a read, or a write with a request id, which counts once.
const repeated = `{"methodConfig": [{
	"name": [{"service": "c4e.opt.v1.JobService"}],
	"retryPolicy": {"maxAttempts": 5, "initialBackoff": "0.1s", "maxBackoff": "2s", "backoffMultiplier": 2,
	                "retryableStatusCodes": ["UNAVAILABLE"]}}]}`

// token shows the token with every call, read anew so that it may be renewed.
type token struct{ file string }

func (t token) GetRequestMetadata(context.Context, ...string) (map[string]string, error) {
	text, err := os.ReadFile(t.file)
	if err != nil {
		return nil, err
	}
	return map[string]string{"authorization": "Bearer " + strings.TrimSpace(string(text))}, nil
}

func (t token) RequireTransportSecurity() bool { return true }

// connect prepares to call a service; the first call connects.
func connect(address string) (*grpc.ClientConn, error) {
	options := []grpc.DialOption{grpc.WithDefaultServiceConfig(repeated)}
	secure := insecure.NewCredentials()
	if ca := os.Getenv("C4E_OPT_CA"); ca != "" {
		var err error
		if secure, err = credentials.NewClientTLSFromFile(ca, ""); err != nil {
			return nil, err
		}
	}
	if file := os.Getenv("C4E_OPT_TOKEN_FILE"); file != "" {
		options = append(options, grpc.WithPerRPCCredentials(token{file}))
	}
	return grpc.NewClient(address, append(options, grpc.WithTransportCredentials(secure))...)
}

// solve submits a case, waits for the end of its job, and returns its answer.
func solve(ctx context.Context, jobs optv1.JobServiceClient, text []byte) (*optv1.Outcome, error) {
	id := make([]byte, 16)
	if _, err := rand.Read(id); err != nil {
		return nil, err
	}
	// With a name of its own the call may be repeated: it counts once.
	named := fmt.Appendf(nil, `{"requestId": "%x"}`, id)
	request, naming := &optv1.SubmitJobRequest{}, &optv1.SubmitJobRequest{}
	watched, which := &optv1.WatchJobRequest{}, &optv1.GetJobRequest{}
	if err := errors.Join(
		protojson.Unmarshal(text, request), protojson.Unmarshal(named, naming),
		protojson.Unmarshal(named, watched), protojson.Unmarshal(named, which),
	); err != nil {
		return nil, err
	}
	proto.Merge(request, naming)
	if _, err := jobs.SubmitJob(ctx, request); err != nil {
		return nil, err
	}
	changes, err := jobs.WatchJob(ctx, watched)
	if err != nil {
		return nil, err
	}
	for {
		change, err := changes.Recv()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, err
		}
		job := change.GetJob()
		fmt.Fprintln(os.Stderr, job.GetState(), job.GetPhase())
		if failure := job.GetFailure(); failure != nil {
			return nil, status.Error(codes.Code(failure.GetCode()), failure.GetMessage())
		}
	}
	answer, err := jobs.GetJob(ctx, which)
	return answer.GetOutcome(), err
}

// show prints the prices of every bus: little-endian doubles, the last axis, time, running fastest.
func show(outcome *optv1.Outcome) error {
	var buses []string
	for _, axis := range outcome.GetPrices().GetAxes() {
		if axis.GetName() == "bus" {
			buses = axis.GetNames().GetNames()
		}
	}
	for _, quantity := range outcome.GetPrices().GetQuantities() {
		if quantity.GetName() != "price_eur_per_mwh" {
			continue
		}
		packed := quantity.GetPacked()
		steps := len(packed) / 8 / len(buses)
		for place, bus := range buses {
			fmt.Printf("%s:", bus)
			for step := range steps {
				bits := binary.LittleEndian.Uint64(packed[8*(place*steps+step):])
				fmt.Printf(" %.2f", math.Float64frombits(bits))
			}
			fmt.Printf(" %s/MWh\n", outcome.GetCurrency())
		}
		return nil
	}
	return errors.New("there is no price: the case has no answer")
}

func run(address string) error {
	text, err := os.ReadFile("../auction.json")
	if err != nil {
		return err
	}
	connection, err := connect(address)
	if err != nil {
		return err
	}
	defer connection.Close()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	outcome, err := solve(ctx, optv1.NewJobServiceClient(connection), text)
	if err != nil {
		return err // code and sentence; details are google.rpc messages, see status.Convert(err).Details()
	}
	return show(outcome)
}

func main() {
	address := "127.0.0.1:50551"
	if len(os.Args) > 1 {
		address = os.Args[1]
	}
	if err := run(address); err != nil {
		log.Fatal(err)
	}
}
