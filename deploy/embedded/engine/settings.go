package engine

import (
	"slices"
	"strings"
)

// transport parameters of the HTTP interface: understood here, never handed to
// the engine as settings.
var transport = names(`query database default_format query_id client_protocol_version compress decompress user password
	quota_key session_id session_check session_timeout enable_http_compression http_zlib_compression_level
	network_compression_method network_zstd_compression_level buffer_size wait_end_of_query send_progress_in_http_headers
	http_headers_progress_interval_ms cancel_http_readonly_queries_on_client_disconnect add_http_cors_header
	http_response_buffer_size http_make_head_request http_write_exception_in_output_format close_session role
	stacktrace send_logs_level log_comment`)

// allowed settings of one statement. The profile bounds those that cost
// memory or time; whatever could name a file or change rights is absent.
var allowed = names(`readonly max_execution_time timeout_overflow_mode max_threads max_final_threads max_insert_threads max_block_size
	max_insert_block_size min_insert_block_size_rows min_insert_block_size_bytes preferred_block_size_bytes
	max_memory_usage max_result_rows max_result_bytes result_overflow_mode max_rows_to_read max_bytes_to_read
	read_overflow_mode max_rows_to_group_by group_by_overflow_mode max_rows_in_set max_bytes_in_set max_rows_in_join
	max_bytes_in_join join_overflow_mode max_rows_to_sort max_bytes_to_sort sort_overflow_mode max_columns_to_read
	max_query_size max_ast_depth max_ast_elements max_expanded_ast_elements max_parser_depth
	max_bytes_before_external_group_by max_bytes_before_external_sort max_streams_to_max_threads_ratio limit offset
	extremes final priority os_thread_priority use_uncompressed_cache use_query_cache query_cache_ttl use_query_condition_cache
	merge_tree_min_rows_for_concurrent_read merge_tree_min_bytes_for_concurrent_read
	merge_tree_min_rows_for_concurrent_read_for_remote_filesystem
	insert_deduplicate insert_deduplication_token deduplicate_blocks_in_dependent_materialized_views
	update_insert_deduplication_token_in_dependent_materialized_views
	insert_quorum insert_quorum_timeout insert_quorum_parallel select_sequential_consistency insert_null_as_default
	async_insert wait_for_async_insert wait_for_async_insert_timeout async_insert_max_data_size async_insert_deduplicate
	async_insert_busy_timeout_ms async_insert_busy_timeout_min_ms async_insert_busy_timeout_max_ms
	async_insert_use_adaptive_busy_timeout async_insert_max_query_number
	parallel_view_processing materialized_views_ignore_errors
	mutations_sync alter_sync lightweight_deletes_sync lightweight_delete_mode apply_mutations_on_fly apply_deleted_mask
	replication_alter_partitions_sync distributed_ddl_task_timeout distributed_product_mode insert_distributed_sync
	prefer_localhost_replica load_balancing skip_unavailable_shards
	do_not_merge_across_partitions_select_final compile_expressions min_count_to_compile_expression
	enable_analyzer allow_experimental_analyzer prefer_column_name_to_alias transform_null_in group_by_use_nulls
	union_default_mode intersect_default_mode except_default_mode cast_keep_nullable data_type_default_nullable
	allow_nondeterministic_mutations allow_nullable_key allow_suspicious_low_cardinality_types
	allow_suspicious_codecs allow_suspicious_fixed_string_types allow_suspicious_ttl_expressions allow_suspicious_types_in_order_by
	allow_experimental_object_type allow_experimental_json_type enable_json_type allow_experimental_variant_type
	allow_experimental_dynamic_type enable_variant_type enable_dynamic_type enable_time_time64_type allow_experimental_map_type
	allow_experimental_full_text_index enable_full_text_index allow_experimental_lightweight_delete enable_lightweight_delete
	allow_experimental_projection_optimization allow_experimental_statistics use_statistics allow_statistics_optimize
	allow_experimental_geo_types allow_experimental_bigint_types flatten_nested
	date_time_input_format date_time_output_format date_time_overflow_behavior session_timezone use_client_time_zone
	low_cardinality_max_dictionary_size low_cardinality_allow_in_native_format
	send_timeout receive_timeout connect_timeout idle_connection_timeout lock_acquire_timeout
	query_plan_optimize_lazy_materialization query_plan_max_limit_for_lazy_materialization
	query_plan_read_in_order query_plan_enable_optimizations
	short_circuit_function_evaluation validate_polygons check_query_single_value_result count_distinct_implementation
	empty_result_for_aggregation_by_empty_set regexp_max_matches_per_row max_partitions_per_insert_block
	throw_on_max_partitions_per_insert_block output_format_native_write_json_as_string`)

// allowedPrefixes are families of settings without any effect beyond the
// statement's own input, output and plan.
var allowedPrefixes = []string{"input_format_", "output_format_", "optimize_", "force_", "use_skip_indexes", "join_", "format_csv_", "format_tsv_"}

// deniedPrefixed are the members of those families that name files or
// evaluate more than data.
var deniedPrefixed = names(`output_format_schema input_format_record_errors_file_path`)

func names(s string) map[string]struct{} {
	m := map[string]struct{}{}
	for n := range strings.FieldsSeq(s) {
		m[n] = struct{}{}
	}
	return m
}

func checkSetting(name, value string) error {
	if strings.ContainsRune(value, 0) || len(value) > 4096 {
		return fault(codeBadArguments, "value of setting is not acceptable")
	}
	if _, ok := allowed[name]; ok {
		return nil
	}
	_, denied := deniedPrefixed[name]
	if !denied && isWord(name) && slices.ContainsFunc(allowedPrefixes, func(p string) bool { return strings.HasPrefix(name, p) }) {
		return nil
	}
	if isWord(name) && len(name) <= 80 {
		return fault(codeUnknownSetting, "setting %s is unknown or not allowed by the embedded engine", name)
	}
	return fault(codeUnknownSetting, "a setting is unknown or not allowed by the embedded engine")
}

func isWord(s string) bool {
	for i := range len(s) {
		if !isIdent(s[i]) {
			return false
		}
	}
	return s != ""
}

func isIdent(b byte) bool {
	return b == '_' || b >= '0' && b <= '9' || b >= 'a' && b <= 'z' || b >= 'A' && b <= 'Z'
}
