//! Counters, and how they and the gauges are written in Prometheus' text format. Every label comes
//! from a fixed set of names, so the number of series is bounded.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::sync::Mutex;

use crate::probes::Gauge;

/// What the server counts.
#[derive(Default)]
pub(crate) struct Metrics {
    calls: Mutex<BTreeMap<(&'static str, &'static str), u64>>,
    notifications: Mutex<BTreeMap<&'static str, u64>>,
}

impl Metrics {
    /// One call of `method` ended with `code`.
    pub(crate) fn call(&self, method: &'static str, code: &'static str) {
        let mut calls = self.calls.lock().expect("nobody panics while counting");
        *calls.entry((method, code)).or_default() += 1;
    }

    /// One notification was answered.
    pub(crate) fn notification(&self, result: &'static str) {
        let mut counts = self.notifications.lock().expect("nobody panics while counting");
        *counts.entry(result).or_default() += 1;
    }

    /// Everything in Prometheus' text format.
    pub(crate) fn exposition(&self, gauges: &[Gauge]) -> String {
        let mut text = String::new();
        head(&mut text, "payoutd_rpc_calls_total", "counter", "Calls by method and code.");
        for ((method, code), count) in
            self.calls.lock().expect("nobody panics while counting").iter()
        {
            let labels = [("method", *method), ("code", *code)];
            sample(&mut text, "payoutd_rpc_calls_total", &labels, *count);
        }
        head(&mut text, "payoutd_notifications_total", "counter", "Notifications by result.");
        for (result, count) in
            self.notifications.lock().expect("nobody panics while counting").iter()
        {
            sample(&mut text, "payoutd_notifications_total", &[("result", result)], *count);
        }
        write_gauges(&mut text, gauges);
        text
    }
}

/// Gauges of one name stand together, as the format demands.
fn write_gauges(text: &mut String, gauges: &[Gauge]) {
    let mut by_name: BTreeMap<&str, Vec<&Gauge>> = BTreeMap::new();
    for gauge in gauges {
        by_name.entry(gauge.name).or_default().push(gauge);
    }
    for (name, gauges) in by_name {
        let kind = if name.ends_with("_total") { "counter" } else { "gauge" };
        head(text, name, kind, gauges[0].help);
        for gauge in gauges {
            let labels: Vec<(&str, &str)> =
                gauge.labels.iter().map(|(key, value)| (*key, value.as_str())).collect();
            sample(text, name, &labels, gauge.value);
        }
    }
}

fn head(text: &mut String, name: &str, kind: &str, help: &str) {
    line(text, format_args!("# HELP {name} {}", escaped(help)));
    line(text, format_args!("# TYPE {name} {kind}"));
}

fn sample(text: &mut String, name: &str, labels: &[(&str, &str)], value: impl std::fmt::Display) {
    let labels: Vec<String> =
        labels.iter().map(|(key, value)| format!("{key}=\"{}\"", escaped(value))).collect();
    match labels.is_empty() {
        true => line(text, format_args!("{name} {value}")),
        false => line(text, format_args!("{name}{{{}}} {value}", labels.join(","))),
    }
}

fn line(text: &mut String, arguments: std::fmt::Arguments<'_>) {
    writeln!(text, "{arguments}").expect("writing to a string cannot fail");
}

fn escaped(text: &str) -> String {
    text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_exposition_is_in_prometheus_text_format() {
        let metrics = Metrics::default();
        metrics.call("payouts.v1.Payouts/GetPayout", "OK");
        metrics.call("payouts.v1.Payouts/GetPayout", "OK");
        metrics.notification("forged");
        let gauge = |merchant: &str, value| Gauge {
            name: "payoutd_held",
            help: "Held payouts.",
            labels: vec![("merchant", merchant.to_owned())],
            value,
        };
        let grows = Gauge { name: "payoutd_x_total", help: "X.", labels: Vec::new(), value: 3 };
        let plain = Gauge { name: "payoutd_due", help: "Due.", labels: Vec::new(), value: -1 };
        let text = metrics.exposition(&[gauge("a", 1), plain, gauge("\"b\\\n", 2), grows]);
        let expected = "\
# HELP payoutd_rpc_calls_total Calls by method and code.
# TYPE payoutd_rpc_calls_total counter
payoutd_rpc_calls_total{method=\"payouts.v1.Payouts/GetPayout\",code=\"OK\"} 2
# HELP payoutd_notifications_total Notifications by result.
# TYPE payoutd_notifications_total counter
payoutd_notifications_total{result=\"forged\"} 1
# HELP payoutd_due Due.
# TYPE payoutd_due gauge
payoutd_due -1
# HELP payoutd_held Held payouts.
# TYPE payoutd_held gauge
payoutd_held{merchant=\"a\"} 1
payoutd_held{merchant=\"\\\"b\\\\\\n\"} 2
# HELP payoutd_x_total X.
# TYPE payoutd_x_total counter
payoutd_x_total 3
";
        assert_eq!(text, expected);
    }
}
