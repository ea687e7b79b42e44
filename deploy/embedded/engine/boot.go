package engine

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"credithub/deploy/embedded/engine/chdb"
)

// files lie beside the engine's own data: its configuration, made anew at each
// start, and an empty working directory (the engine opens files of its working
// directory as tables).
type files struct {
	data, cwd, scripts, config, users string
}

func newFiles(dir string) (files, error) {
	abs, err := filepath.Abs(dir)
	if err != nil {
		return files{}, fmt.Errorf("engine: data directory: %w", err)
	}
	f := files{
		data:    filepath.Join(abs, "data"),
		cwd:     filepath.Join(abs, "empty"),
		scripts: filepath.Join(abs, "empty", "scripts"),
		config:  filepath.Join(abs, "config.xml"),
		users:   filepath.Join(abs, "users.xml"),
	}
	if err := os.RemoveAll(f.cwd); err != nil {
		return files{}, fmt.Errorf("engine: working directory: %w", err)
	}
	for _, d := range []string{f.data, f.scripts} {
		if err := os.MkdirAll(d, 0o700); err != nil {
			return files{}, fmt.Errorf("engine: data directory: %w", err)
		}
	}
	return f, nil
}

// grants are all that a statement may do. What is not here (files, URLs, other
// servers, SYSTEM, users, functions, backups, the database `default`, whose
// unknown tables are files) the engine refuses itself.
var grants = []string{
	"SHOW, SELECT, INSERT, ALTER, CREATE DATABASE, CREATE TABLE, CREATE VIEW, DROP TABLE, DROP VIEW, TRUNCATE, OPTIMIZE, CHECK ON " + Database + ".*",
	"SHOW, SELECT, INSERT, ALTER, CREATE DATABASE, CREATE TABLE, CREATE VIEW, DROP, TRUNCATE, OPTIMIZE, CHECK ON " + Database + "_*.*",
	// A dictionary could be filled from a command, a view or table can't.
	"SHOW, SELECT ON system.*",
	"SHOW, SELECT ON INFORMATION_SCHEMA.*",
	"SHOW, SELECT ON information_schema.*",
	"CREATE TEMPORARY TABLE, KILL QUERY ON *.*", // the first is what numbers() and its like ask for
}

// frozen settings can't be changed by a SETTINGS clause either: they name
// files, or lift what protects the process.
var frozen = []string{
	"format_schema", "format_schema_source", "output_format_schema", "format_template_row", "format_template_resultset",
	"format_custom_result_before_delimiter", "input_format_record_errors_file_path", "errors_output_format",
	"allow_introspection_functions", "allow_ddl",
}

// write makes the engine's configuration.
func (f files) write(c *Config) error {
	if err := os.WriteFile(f.users, usersXML(c), 0o600); err != nil {
		return fmt.Errorf("engine: write configuration: %w", err)
	}
	if err := os.WriteFile(f.config, f.serverXML(c), 0o600); err != nil {
		return fmt.Errorf("engine: write configuration: %w", err)
	}
	return nil
}

// setting is an element of a configuration.
type setting struct {
	name  string
	value any
}

func writeSettings(b *bytes.Buffer, all []setting) {
	for _, s := range all {
		fmt.Fprintf(b, "<%s>%v</%s>\n", s.name, s.value, s.name)
	}
}

// usersXML says what a statement may use, and what the one user may do.
func usersXML(c *Config) []byte {
	var u bytes.Buffer
	seconds := int(c.MaxExecution.Seconds())
	u.WriteString("<clickhouse><profiles><default>\n")
	writeSettings(&u, []setting{
		{"max_threads", c.Threads},
		{"max_memory_usage", c.QueryMemory},
		{"max_execution_time", seconds},
		{"allow_introspection_functions", 0},
	})
	u.WriteString("<constraints>\n")
	fmt.Fprintf(&u, "<max_memory_usage><min>1</min><max>%d</max></max_memory_usage>\n", c.QueryMemory)
	fmt.Fprintf(&u, "<max_execution_time><min>1</min><max>%d</max></max_execution_time>\n", seconds)
	for _, s := range frozen {
		fmt.Fprintf(&u, "<%s><readonly/></%s>\n", s, s)
	}
	u.WriteString("</constraints></default></profiles><quotas><default/></quotas><users><default><password></password>" +
		"<networks><ip>::1</ip><ip>127.0.0.0/8</ip></networks><profile>default</profile><quota>default</quota><grants>\n")
	for _, g := range grants {
		fmt.Fprintf(&u, "<query>GRANT %s</query>\n", g)
	}
	u.WriteString("</grants></default></users></clickhouse>\n")
	return u.Bytes()
}

// serverXML says what the engine as a whole may use.
func (f files) serverXML(c *Config) []byte {
	var s bytes.Buffer
	s.WriteString("<clickhouse>\n")
	writeSettings(&s, []setting{
		{"users_config", xmlText(f.users)},
		{"user_scripts_path", xmlText(f.scripts)},
		{"timezone", "UTC"},
		{"max_server_memory_usage", c.MemoryLimit},
		{"mark_cache_size", 64 << 20},
		{"index_mark_cache_size", 16 << 20},
		{"primary_index_cache_size", 64 << 20},
		{"uncompressed_cache_size", 0},
		{"index_uncompressed_cache_size", 0},
		{"mmap_cache_size", 64},
		{"compiled_expression_cache_size", 16 << 20},
		{"query_condition_cache_size", 16 << 20},
		{"background_pool_size", 2},
		{"background_merges_mutations_concurrency_ratio", 2},
		{"background_move_pool_size", 1},
		{"background_fetches_pool_size", 1},
		{"background_common_pool_size", 2},
		{"background_buffer_flush_schedule_pool_size", 1},
		{"background_schedule_pool_size", 4},
		{"background_message_broker_schedule_pool_size", 1},
		{"background_distributed_schedule_pool_size", 1},
		{"max_thread_pool_size", 400},
		{"max_thread_pool_free_size", 16},
		{"max_io_thread_pool_size", 16},
		{"max_io_thread_pool_free_size", 0},
		{"max_active_parts_loading_thread_pool_size", 4},
		{"async_insert_threads", 2},
	})
	s.WriteString("</clickhouse>\n")
	return s.Bytes()
}

func xmlText(s string) string {
	return strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;").Replace(s)
}

// core is the booted engine: the library and the connection that keeps it up.
type core struct {
	lib     *chdb.Library
	admin   *chdb.Conn
	path    string
	version string
}

// boot changes the working directory and the environment of this process and
// starts the engine; it can be done once a process.
func boot(c *Config) (e *core, err error) {
	f, err := newFiles(c.DataDir)
	if err != nil {
		return nil, err
	}
	if err := f.write(c); err != nil {
		return nil, err
	}
	if err := os.Chdir(f.cwd); err != nil {
		return nil, fmt.Errorf("engine: working directory: %w", err)
	}
	if err := os.Setenv("TZ", "UTC"); err != nil {
		return nil, fmt.Errorf("engine: time zone: %w", err)
	}
	lib, err := chdb.Load(c.Library)
	if err != nil {
		return nil, fmt.Errorf("engine: %w", err)
	}
	e = &core{lib: lib, path: "--path=" + f.data}
	admin, err := lib.Connect(e.path, "--config-file="+f.config)
	if err != nil {
		return nil, fmt.Errorf("engine: start on %s: %w", f.data, err)
	}
	e.admin = admin
	defer func() {
		if err != nil {
			admin.Close()
		}
	}()
	if _, err = e.admin.Exec("CREATE DATABASE IF NOT EXISTS "+Database, "TSV"); err != nil {
		return nil, fmt.Errorf("engine: create database: %w", err)
	}
	v, err := e.admin.Exec("SELECT version()", "TSV")
	if err != nil {
		return nil, fmt.Errorf("engine: ask for the version: %w", err)
	}
	e.version = strings.TrimSpace(string(v))
	return e, nil
}

// session opens a connection for one request: its log_comment identifies the
// statement to a KILL QUERY.
func (e *core) session(id string, settings []string) (*chdb.Conn, error) {
	args := append([]string{e.path, "--log_comment=" + id}, settings...)
	return e.lib.Connect(args...)
}

// close closes the last connection and with it the engine. Its idle threads
// end with the process.
func (e *core) close() { e.admin.Close() }

// quoteIdent quotes an identifier.
func quoteIdent(s string) string {
	return "`" + strings.NewReplacer("\\", "\\\\", "`", "\\`").Replace(s) + "`"
}
