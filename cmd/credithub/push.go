package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/schollz/progressbar/v3"
	"golang.org/x/term"

	"credithub/deploy/platform/kafka"
	"credithub/deploy/platform/keys"
	"credithub/ingest/push"
)

type pushCmd struct {
	brokerAccess
	URL     string   `name:"url" help:"Address of the hub." env:"CREDITHUB_URL" xor:"way"`
	Token   string   `help:"Bearer token of role agency." env:"CREDITHUB_TOKEN"`
	Brokers []string `help:"Write signed messages to Kafka instead." sep:"," placeholder:"HOST:PORT,…" xor:"way"`
	Key     string   `help:"Private key of the unit, for --brokers." type:"existingfile"`
	Unit    string   `help:"Unit code, for --brokers."`
	Domain  string   `help:"Domain of tables; rows of NDJSON name their own."`
	Kind    string   `help:"Kind of tables, of domains with several."`
	Ignore  []string `help:"Headings of columns that are left out of tables; may be given again." sep:"," placeholder:"HEADING,…"`
	Charset string   `help:"Encoding of CSV files, such as big5; else their bytes tell." placeholder:"NAME"`

	Wait    bool          `help:"Wait until what was sent is settled, and tell what was rejected then." default:"true" negatable:""`
	WaitFor time.Duration `help:"How long to wait for a part." default:"2m"`

	RetryFor time.Duration `help:"How long to try again while hub or brokers don't answer." default:"1m"`

	Files []string `arg:"" help:"NDJSON, JSON, CSV or XLSX." type:"existingfile"`
}

// Run pushes the files in order. It may be run again after a cut.
func (c *pushCmd) Run(ctx context.Context) error {
	to, done, err := c.target(ctx)
	if err != nil {
		return err
	}
	defer done()
	cfg := push.Config{To: to, Domain: c.Domain, Kind: c.Kind, Ignore: c.Ignore, Charset: c.Charset, Wait: c.Wait, Finding: func(f push.Finding) {
		fmt.Printf("%s:%d\t%s\t%s\t%s\t%s\t%s\n", f.File, f.Line, f.RecordID, f.Code, f.Field, f.Value, f.Message)
	}}
	if term.IsTerminal(int(os.Stderr.Fd())) {
		cfg.Progress = pushProgress()
	}
	sum, err := push.Files(ctx, cfg, c.Files)
	return c.conclude(sum, c.denied(err))
}

// Exit statuses of push beside 0, every row counts, and 1, an error.
const (
	exitRejected  = 5 // some row was rejected
	exitUnsettled = 6 // durable, but nobody told in time what became of some rows
)

// conclude prints the summary, last of all, and gives the exit status.
func (c *pushCmd) conclude(sum push.Summary, err error) error {
	for _, r := range sum.Receipts {
		fmt.Fprintf(os.Stderr, "receipt %s\n", r)
	}
	if sum.Cut {
		fmt.Fprintln(os.Stderr, "there are more findings than listed: GET /v1/rejections has all")
	}
	if sum.Unsettled > 0 {
		fmt.Fprintf(os.Stderr, "%d part(s): %v\n", sum.Unsettled, push.ErrUnsettled)
	}
	fmt.Fprintf(os.Stderr, "accepted %d, rejected %d, with warnings %d\n", sum.Accepted, sum.Rejected, sum.Warned)
	switch {
	case err != nil:
		return err
	case sum.Rejected > 0:
		return exitError(exitRejected)
	case sum.Unsettled > 0:
		return exitError(exitUnsettled)
	}
	return nil
}

func (c *pushCmd) target(ctx context.Context) (push.Target, func(), error) {
	switch {
	case c.URL != "" && c.Token == "":
		return nil, nil, errors.New("push: --token is needed")
	case c.URL != "":
		to, err := push.NewHTTP(c.URL, c.Token, c.limits())
		if err != nil {
			return nil, nil, err
		}
		if strings.HasPrefix(cmp.Or(os.Getenv("LC_ALL"), os.Getenv("LC_MESSAGES"), os.Getenv("LANG")), "zh") {
			to.Hub.Language = "zh"
		}
		to.OnRetry = sayRetry()
		return to, func() {}, nil
	case len(c.Brokers) == 0:
		return nil, nil, errors.New("push: --url or --brokers is needed")
	case c.Key == "" || c.Unit == "":
		return nil, nil, errors.New("push: --brokers needs --key and --unit")
	}
	key, err := keys.ReadPrivate(c.Key)
	if err != nil {
		return nil, nil, err
	}
	sasl, err := c.sasl()
	if err != nil {
		return nil, nil, err
	}
	client, err := kafka.New(kafka.Config{Brokers: c.Brokers, SASL: sasl})
	if err != nil {
		return nil, nil, err
	}
	to, err := push.NewKafka(kafka.NewProducer(client, kafka.ProducerConfig{}), c.Unit, key, c.limits())
	if err != nil {
		_ = client.Close()
		return nil, nil, err
	}
	to.OnRetry = sayRetry()
	if c.Wait {
		err := to.Follow(ctx, client)
		if errors.Is(err, kafka.ErrDenied) || errors.Is(err, kafka.ErrUnavailable) {
			_ = client.Close()
			return nil, nil, c.denied(err)
		}
		if err != nil {
			fmt.Fprintln(os.Stderr, "credithub:", err)
		}
	}
	return to, func() { _ = client.Close() }, nil
}

func (c *pushCmd) limits() push.Limits {
	return push.Limits{WaitFor: c.WaitFor, Patience: max(c.RetryFor, time.Nanosecond)}
}

// denied tells what to do about brokers that let nobody in.
func (c *pushCmd) denied(err error) error {
	switch {
	case !errors.Is(err, kafka.ErrDenied):
		return err
	case c.KafkaUser == "":
		return fmt.Errorf("%w; the brokers may want a user: --kafka-user, --kafka-password-file", err)
	}
	return fmt.Errorf("%w; look at --kafka-user %s and the password", err, c.KafkaUser)
}

// sayRetry tells on stderr that something is tried again, once in a few seconds.
func sayRetry() func(error, time.Duration) {
	const every = 3 * time.Second
	var last time.Time
	return func(err error, _ time.Duration) {
		if now := time.Now(); now.Sub(last) >= every {
			last = now
			fmt.Fprintf(os.Stderr, "credithub: trying again: %v\n", err)
		}
	}
}

// pushProgress draws a bar a file.
func pushProgress() func(push.Progress) {
	var bar *progressbar.ProgressBar
	var file string
	return func(p push.Progress) {
		if p.File != file {
			file = p.File
			bar = progressbar.DefaultBytes(p.Total, file)
		}
		_ = bar.Set64(p.Done)
	}
}
