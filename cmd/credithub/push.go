package main

import (
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/schollz/progressbar/v3"
	"golang.org/x/term"

	"credithub/deploy/platform/kafka"
	"credithub/deploy/platform/keys"
	"credithub/ingest/push"
)

type pushCmd struct {
	URL     string   `name:"url" help:"Address of the hub." env:"CREDITHUB_URL" xor:"way"`
	Token   string   `help:"Bearer token of role agency." env:"CREDITHUB_TOKEN"`
	Brokers []string `help:"Write signed messages to Kafka instead." sep:"," placeholder:"HOST:PORT,…" xor:"way"`
	Key     string   `help:"Private key of the unit, for --brokers." type:"existingfile"`
	Unit    string   `help:"Unit code, for --brokers."`
	Domain  string   `help:"Domain of tables; rows of NDJSON name their own."`
	Kind    string   `help:"Kind of tables, of domains with several."`
	Ignore  []string `help:"Headings of columns that are left out of tables; may be given again." sep:"," placeholder:"HEADING,…"`
	Charset string   `help:"Encoding of CSV files, such as big5; else their bytes tell." placeholder:"NAME"`
	Files   []string `arg:"" help:"NDJSON, JSON, CSV or XLSX." type:"existingfile"`
}

// Run pushes the files in order. It may be run again after a cut.
func (c *pushCmd) Run(ctx context.Context) error {
	to, done, err := c.target()
	if err != nil {
		return err
	}
	defer done()
	cfg := push.Config{To: to, Domain: c.Domain, Kind: c.Kind, Ignore: c.Ignore, Charset: c.Charset, Finding: func(f push.Finding) {
		fmt.Printf("%s:%d\t%s\t%s\t%s\t%s\n", f.File, f.Line, f.RecordID, f.Code, f.Field, f.Message)
	}}
	if term.IsTerminal(int(os.Stderr.Fd())) {
		cfg.Progress = pushProgress()
	}
	sum, err := push.Files(ctx, cfg, c.Files)
	fmt.Fprintf(os.Stderr, "accepted %d, rejected %d, with warnings %d\n", sum.Accepted, sum.Rejected, sum.Warned)
	for _, r := range sum.Receipts {
		fmt.Fprintf(os.Stderr, "receipt %s\n", r)
	}
	return err
}

func (c *pushCmd) target() (push.Target, func(), error) {
	switch {
	case c.URL != "" && c.Token == "":
		return nil, nil, errors.New("push: --token is needed")
	case c.URL != "":
		to, err := push.NewHTTP(c.URL, c.Token, nil, push.Limits{})
		return to, func() {}, err
	case len(c.Brokers) == 0:
		return nil, nil, errors.New("push: --url or --brokers is needed")
	case c.Key == "" || c.Unit == "":
		return nil, nil, errors.New("push: --brokers needs --key and --unit")
	}
	key, err := keys.ReadPrivate(c.Key)
	if err != nil {
		return nil, nil, err
	}
	client, err := kafka.New(kafka.Config{Brokers: c.Brokers})
	if err != nil {
		return nil, nil, err
	}
	to, err := push.NewKafka(kafka.NewProducer(client, kafka.ProducerConfig{}), c.Unit, key, push.Limits{})
	return to, func() { _ = client.Close() }, err
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
