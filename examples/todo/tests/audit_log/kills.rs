//! SIGKILL during several writes.

use std::{collections::HashSet, fs::OpenOptions, io::Write};

use support::{
    killed_server::kill_during_writes,
    server_process::{Folder, free_address},
};
use toolgate_audit::FindingKind;

use super::{BOTH, add, client, program, records, say, verified};

/// Appends the first half of a line.
fn cut_line(folder: &Folder) {
    let path = folder.path().join("audit.log");
    let mut file = OpenOptions::new().append(true).open(path).expect("a log");
    let line = br#"{"v":1,"type":"run","time":1800000000,"id":"#;
    file.write_all(line).expect("written");
}

/// Every acknowledged call has its decision, and a line that the kill has cut is reported: first by
/// the verification, then by the next start. `cargo xtask prove audit` kills a hundred times, with
/// `TOOLGATE_AUDIT_KILLS`.
#[tokio::test]
async fn no_acknowledged_call_lacks_its_decision_after_ten_kills() {
    let kills = std::env::var("TOOLGATE_AUDIT_KILLS");
    let kills = kills.map_or(10, |kills| kills.parse().expect("a number"));
    let folder = Folder::new();
    let address = free_address();
    let (mut acknowledged, mut cut) = (Vec::new(), 0);
    for round in 0..kills {
        let server = program(&folder, address).start().listens_on(address).await;
        let ada = client(&server, BOTH).await;
        let write = move |id: String| {
            let ada = ada.clone();
            async move { add(&ada, &id).await.is_some() }
        };
        acknowledged.extend(kill_during_writes(server, round, 10, write).await);
        if round % 2 == 1 {
            // A kill cuts no line that is written by one call. A loss of power can.
            cut_line(&folder);
        }
        let findings = verified(&folder, &["audit.log"]).findings;
        let is_cut = |kind| kind == FindingKind::Cut;
        assert!(findings.len() <= 1, "{findings:?}");
        assert!(findings.iter().all(|one| is_cut(one.kind)), "{findings:?}");
        cut += findings.len() as u64;
    }
    let server = program(&folder, address).start().listens_on(address).await;
    server.ended_by("TERM").await;
    let verified = verified(&folder, &["audit.log"]);
    assert_eq!(verified.findings, []);
    assert!(cut >= kills / 2, "{cut}");
    assert_eq!((verified.starts, verified.cut_before), (kills + 1, cut));
    let decided: HashSet<_> = records(&folder, "audit.log")
        .into_iter()
        .filter(|record| record["type"] == "decision" && record["allowed"] == true)
        .filter_map(|record| record["request_id"].as_str().map(str::to_owned))
        .collect();
    assert!(acknowledged.len() as u64 >= 10 * kills);
    for id in &acknowledged {
        assert!(decided.contains(id), "{id}");
    }
    say(format!(
        "{kills} kills: {} acknowledged calls, {} without a decision; {} records, {} findings; {cut} cut lines, {} reported by the next start",
        acknowledged.len(),
        acknowledged
            .iter()
            .filter(|id| !decided.contains(*id))
            .count(),
        verified.records,
        verified.findings.len(),
        verified.cut_before,
    ));
}
