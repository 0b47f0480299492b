//! One rule of the fault program: read strictly, matched, counted down.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{Fault, Operation, Question, Stage};
use crate::amer::Reason;
use crate::eu::Code;
use crate::ledger::Region;

/// No fault holds an answer or a commit back for longer.
const DELAY_MAX: Duration = Duration::from_secs(600);

/// How long `delay`, `late_commit` and `list_lag` last where the rule does not say.
const DELAY_DEFAULT: Duration = Duration::from_secs(1);

/// A rule as it comes in.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RuleText {
    region: String,
    on: String,
    reference: Option<String>,
    fault: String,
    #[serde(default = "once")]
    times: u32,
    delay_ms: Option<u64>,
    code: Option<u16>,
    status: Option<u16>,
    reason: Option<String>,
}

/// A rule as it is shown.
#[derive(Serialize)]
pub(crate) struct RuleView<'a> {
    region: Region,
    on: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    reference: Option<&'a str>,
    fault: &'static str,
    times_left: u32,
    fired: u32,
    delay_ms: u128,
    #[serde(skip_serializing_if = "Option::is_none")]
    code: Option<u16>,
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<u16>,
}

#[derive(Clone)]
pub(crate) struct Rule {
    region: Region,
    /// `None` is `*`.
    on: Option<Operation>,
    pub(crate) reference: Option<String>,
    pub(crate) fault: Fault,
    times_left: u32,
    fired: u32,
    pub(crate) delay: Duration,
    pub(crate) code: Option<u16>,
    /// The HTTP status to answer with, where the fault answers at all.
    pub(crate) status: Option<u16>,
    /// Why a payout or a reclaim ends badly, in the Americas.
    pub(crate) reason: Option<Reason>,
}

/// A rule that cannot be followed. The message names the member.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(crate) struct BadRule(String);

impl BadRule {
    pub(super) fn too_many(max: usize) -> Self {
        Self(format!("rules: at most {max} at a time, DELETE /_sim/faults clears them"))
    }
}

impl Rule {
    pub(super) fn parse(index: usize, text: &RuleText) -> Result<Self, BadRule> {
        let bad = |member: &str, problem: String| {
            Err(BadRule(format!("rules[{index}].{member}: {problem}")))
        };
        let region = match text.region.as_str() {
            "eu" => Region::Eu,
            "amer" => Region::Amer,
            other => return bad("region", format!("{other:?} is neither \"eu\" nor \"amer\"")),
        };
        let Some(fault) = Fault::ALL.into_iter().find(|fault| fault.name() == text.fault) else {
            return bad("fault", format!("unknown fault {:?}", text.fault));
        };
        let on = Operation::ALL.into_iter().find(|operation| operation.name() == text.on);
        if on.is_none() && text.on != "*" {
            return bad("on", format!("unknown method {:?}", text.on));
        }
        if !takes_effect(fault, region, on) {
            let problem = format!("{} does nothing on {:?} of this region", text.fault, text.on);
            return bad("on", problem);
        }
        if text.times == 0 {
            return bad("times", "must be at least 1".to_owned());
        }
        let delay = text.delay_ms.map_or(DELAY_DEFAULT, Duration::from_millis);
        if delay > DELAY_MAX {
            return bad("delay_ms", format!("must be at most {}", DELAY_MAX.as_millis()));
        }
        if text.status.is_some_and(|status| !(200..=599).contains(&status)) {
            return bad("status", "must be an HTTP status from 200 to 599".to_owned());
        }
        let reason = text.reason.as_deref().map(Reason::parse);
        if matches!(reason, Some(None)) {
            return bad("reason", "must be like SW054, SW055/60000, AC115, R02 or 905".to_owned());
        }
        if reason.is_some() && (region == Region::Eu || !fault.stages().contains(&Stage::Outcome)) {
            return bad("reason", format!("{} has none", text.fault));
        }
        Ok(Self {
            region,
            on,
            reference: text.reference.clone(),
            fault,
            times_left: text.times,
            fired: 0,
            delay,
            code: text.code,
            status: text.status,
            reason: reason.flatten(),
        })
    }

    pub(super) fn view(&self) -> RuleView<'_> {
        RuleView {
            region: self.region,
            on: self.on.map_or("*", Operation::name),
            reference: self.reference.as_deref(),
            fault: self.fault.name(),
            times_left: self.times_left,
            fired: self.fired,
            delay_ms: self.delay.as_millis(),
            code: self.code,
            status: self.status,
        }
    }

    pub(super) fn fits(&self, question: &Question<'_>) -> bool {
        self.times_left > 0
            && self.region == question.region
            && self.fault.stages().contains(&question.stage)
            && self.is_on(question)
            && self.is_about(question.references)
            && !(question.answered && self.refuses_content())
    }

    pub(super) fn use_once(&mut self) {
        self.times_left -= 1;
        self.fired += 1;
    }

    fn is_on(&self, question: &Question<'_>) -> bool {
        let meant = match self.on {
            Some(on) => question.operations.contains(&on),
            None => true,
        };
        // A forged reply is asked for on the method, a forged notification on `notification`.
        let misplaced = self.fault == Fault::BadSignature
            && question.stage == Stage::Sending
            && self.on.is_some_and(|on| on != Operation::Notification);
        let works =
            question.operations.iter().any(|operation| self.fault.operations().contains(operation));
        meant && works && !misplaced
    }

    fn is_about(&self, references: &[&str]) -> bool {
        match &self.reference {
            Some(reference) => references.contains(&reference.as_str()),
            None => true,
        }
    }

    fn refuses_content(&self) -> bool {
        self.fault == Fault::Refuse && !self.code.is_some_and(|code| Code(code).is_access())
    }
}

fn takes_effect(fault: Fault, region: Region, on: Option<Operation>) -> bool {
    let here = |operation: &Operation| operation.region().is_none_or(|owner| owner == region);
    match on {
        Some(on) => here(&on) && fault.operations().contains(&on),
        None => fault.operations().iter().any(here),
    }
}

fn once() -> u32 {
    1
}

#[cfg(test)]
mod tests {
    use super::super::Faults;
    use super::*;

    fn rules(json: &str) -> Result<Faults, BadRule> {
        let texts: Vec<RuleText> = serde_json::from_str(json).unwrap();
        let mut faults = Faults::default();
        faults.add(&texts)?;
        Ok(faults)
    }

    fn ask(stage: Stage, operations: &'static [Operation]) -> Question<'static> {
        Question { region: Region::Eu, stage, operations, references: &["po_1"], answered: false }
    }

    #[test]
    fn the_first_rule_with_times_left_is_used() {
        let mut faults = rules(
            r#"[{"region":"amer","on":"*","fault":"http_500"},
                {"region":"eu","on":"AccountPayout","reference":"po_2","fault":"http_500"},
                {"region":"eu","on":"*","fault":"lose_reply","times":2},
                {"region":"eu","on":"AccountPayout","fault":"delay","delay_ms":5}]"#,
        )
        .unwrap();
        let question = ask(Stage::Exchange, &[Operation::AccountPayout]);
        let mut used = Vec::new();
        while let Some(rule) = faults.take(&question) {
            used.push(rule.fault);
        }
        assert_eq!(used, [Fault::LoseReply, Fault::LoseReply, Fault::Delay]);
    }

    #[test]
    fn an_answered_request_is_refused_for_access_only() {
        let mut faults = rules(
            r#"[{"region":"eu","on":"*","fault":"refuse","code":615},
                {"region":"eu","on":"*","fault":"refuse","code":616}]"#,
        )
        .unwrap();
        let mut question = ask(Stage::Exchange, &[Operation::AccountPayout]);
        question.answered = true;
        assert_eq!(faults.take(&question).unwrap().code, Some(616));
        assert!(faults.take(&question).is_none());
    }

    #[test]
    fn a_forged_reply_is_not_a_forged_notification() {
        let json = r#"[{"region":"eu","on":"AccountPayout","fault":"bad_signature"}]"#;
        let sending = [Operation::Notification, Operation::AccountPayout];
        let mut question = ask(Stage::Sending, &[]);
        question.operations = &sending;
        assert!(rules(json).unwrap().take(&question).is_none());
        let any = r#"[{"region":"eu","on":"*","fault":"bad_signature"}]"#;
        assert!(rules(any).unwrap().take(&question).is_some());
    }

    #[test]
    fn a_rule_that_cannot_fire_is_refused_with_its_member() {
        for (json, member) in [
            (r#"{"region":"us","on":"*","fault":"delay"}"#, "rules[0].region"),
            (r#"{"region":"eu","on":"Withdraw","fault":"delay"}"#, "rules[0].on"),
            (r#"{"region":"eu","on":"deposit","fault":"delay"}"#, "rules[0].on"),
            (r#"{"region":"amer","on":"*","fault":"silent_success"}"#, "rules[0].on"),
            (r#"{"region":"eu","on":"notification","fault":"lose_reply"}"#, "rules[0].on"),
            (r#"{"region":"eu","on":"*","fault":"explode"}"#, "rules[0].fault"),
            (r#"{"region":"eu","on":"*","fault":"delay","times":0}"#, "rules[0].times"),
            (r#"{"region":"eu","on":"*","fault":"delay","delay_ms":600001}"#, "delay_ms"),
            (r#"{"region":"eu","on":"*","fault":"http_500","status":99}"#, "rules[0].status"),
        ] {
            let problem = rules(&format!("[{json}]")).err().unwrap().to_string();
            assert!(problem.contains(member), "{problem}");
        }
    }
}
