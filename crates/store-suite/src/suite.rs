//! The list of all cases.

/// Makes a test of every case. `$start` names an async function in scope, without arguments, that
/// returns a new [`Subject`](crate::Subject).
#[macro_export]
macro_rules! every_case {
    ($start:ident) => {
        $crate::every_case! { $start;
            create {
                a_payout_is_found_as_it_was_written
                a_repeat_finds_the_first
                one_of_many_creators_wins
                events_must_lead_to_the_record
                the_creator_may_claim_it
            }
            append {
                the_next_version_replaces_the_last
                a_stale_version_leaves_no_trace
                a_payout_that_is_not_there_is_stale
                one_of_many_writers_wins_each_version
                events_without_the_one_before_are_refused
                a_schedule_changes_without_events
                erased_secrets_are_gone
                many_payouts_are_written_at_once
            }
            fence {
                a_fenced_key_cannot_pay
                a_fence_comes_too_late_for_a_payout
                a_fence_says_what_waits_under_it
                create_and_fence_race_for_the_key
            }
            park {
                a_notification_waits_for_its_payout
                only_all_of_them_in_order_are_applied
                a_repeat_is_kept_once
                a_payout_that_is_here_is_not_waited_for
                a_notification_of_another_merchant_waits_on
                a_fence_is_no_payout
                create_and_park_miss_nothing
                what_waits_for_one_order_is_bounded
                what_waits_for_one_merchant_is_bounded
                the_list_is_paged_latest_first
            }
            queue {
                a_queue_is_held_for_each_cause_once
                a_queue_is_resumed_for_one_cause
            }
            settlement {
                a_break_is_kept_once_for_each_report
                a_closed_break_is_no_open_one
                breaks_are_paged_latest_first
            }
            claim {
                what_is_due_is_claimed_most_overdue_first
                what_is_claimed_is_nobody_elses
                only_its_holder_releases_a_claim
                an_append_keeps_or_releases
                an_append_releases_no_claim_of_another
                an_append_may_demand_that_nobody_claims_it
                a_claim_ends_at_its_time
                the_next_due_time_is_known
                many_claimers_never_overlap
            }
            evidence {
                what_the_provider_said_is_kept_in_order
                large_evidence_is_kept_whole
                a_stale_write_leaves_no_evidence
                the_latest_evidence_is_kept
            }
            log {
                each_selection_sees_its_own
                a_reader_goes_on_where_it_was
                reading_moves_past_what_does_not_fit
                payouts_are_shown_to_their_merchant_only
                cursors_of_another_log_are_refused
                a_selection_of_too_many_is_refused
                waiting_ends_when_the_log_grows
                waiting_behind_the_log_ends_at_once
                other_merchants_events_wake_nobody
                followers_see_every_event_once_in_order
            }
            list {
                the_newest_come_first
                each_filter_narrows
                pages_are_stable_while_others_write
                tokens_of_other_lists_are_refused
                a_page_is_never_without_size
                operators_see_what_is_theirs_oldest_first
                operators_business_is_paged
            }
            destination {
                a_destination_is_found_as_it_was_written
                only_the_next_version_is_written
                one_of_many_writers_wins
                destinations_are_listed_newest_first
                changes_are_on_the_log
            }
            durability {
                everything_is_there_after_reopening
                cursors_outlive_reopening
                claims_of_the_gone_end
                queues_stay_held
                breaks_stay_known
                a_fact_never_changes
                continuity_is_kept
            }
        }
    };
    ($start:ident; $($group:ident { $($case:ident)* })*) => {
        $(mod $group {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $case() {
                let mut subject = super::$start().await;
                $crate::$group::$case(&mut subject).await;
            })*
        })*
    };
}
