use std::process;

use super::*;

fn file(text: &str) -> Result<Environment, StartError> {
    let folder = env::temp_dir().join(format!("toolgate-env-{}-{:p}", process::id(), text));
    fs::create_dir_all(&folder).unwrap();
    fs::write(folder.join(".env"), text).unwrap();
    let mut errors = SetupErrors::default();
    let environment = Environment::from_file(&folder.join(".env"), &mut errors);
    fs::remove_dir_all(&folder).unwrap();
    errors.finish(environment)
}

#[test]
fn a_broken_line_is_reported_with_file_and_line_and_without_its_text() {
    let told = file("A=1\nSECRET geheim\n").unwrap_err().to_string();
    assert!(told.contains(".env, line 2"), "{told}");
    assert!(told.contains("NAME=value"), "{told}");
    assert!(!told.contains("geheim"), "{told}");
}

#[test]
fn a_name_that_stands_twice_is_noted() {
    let environment = file("A=1\nA=2\n").unwrap();
    assert_eq!(environment.get("A"), Some("2"));
    assert!(environment.warnings()[0].contains("sets A more than once"));
}

#[test]
fn no_file_and_a_folder_of_its_name_are_no_errors() {
    let mut errors = SetupErrors::default();
    for path in [Path::new("/nowhere/.env"), Path::new("/")] {
        assert_eq!(Environment::from_file(path, &mut errors).names().count(), 0);
    }
    assert!(errors.finish(()).is_ok());
}

#[test]
fn a_file_that_is_no_text_is_an_error() {
    let path = env::temp_dir().join(format!("toolgate-env-latin1-{}", process::id()));
    fs::write(&path, b"A=\xfc").unwrap();
    let mut errors = SetupErrors::default();
    Environment::from_file(&path, &mut errors);
    fs::remove_file(&path).unwrap();
    assert!(errors.finish(()).is_err());
}

#[test]
fn the_process_wins_over_the_file() {
    let process = [("A", "process"), ("B", "")].map(|(name, value)| (name.into(), value.into()));
    let mut errors = SetupErrors::default();
    let environment = file("A=file\nB=file\nC=file\n")
        .unwrap()
        .overridden_by(process.into_iter(), &mut errors);
    assert_eq!(environment.get("A"), Some("process"));
    assert_eq!(environment.get("B"), None);
    assert_eq!(environment.get("C"), Some("file"));
    assert!(errors.finish(()).is_ok());
}

#[cfg(unix)]
#[test]
fn a_value_that_is_no_text_is_an_error_where_it_is_read() {
    use std::os::unix::ffi::OsStringExt;

    let odd = |name: &str| (name.into(), OsString::from_vec(vec![0xff]));
    let mut errors = SetupErrors::default();
    let process = [odd("LS_COLORS"), odd("TOOLGATE_BIND")];
    Environment::default().overridden_by(process.into_iter(), &mut errors);
    let told = errors.finish(()).unwrap_err();
    assert_eq!(told.errors().len(), 1, "{told}");
    assert_eq!(told.errors()[0].what(), "TOOLGATE_BIND is not UTF-8");
}

#[test]
fn the_process_is_read() {
    let environment = Environment::load().unwrap();
    assert_eq!(environment.get("PATH"), env::var("PATH").ok().as_deref());
}

#[test]
fn a_secret_of_the_program_can_be_in_a_file() {
    let path = env::temp_dir().join(format!("toolgate-secret-{}", process::id()));
    fs::write(&path, "geheim\n").unwrap();
    #[cfg(unix)]
    fs::set_permissions(&path, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
    let path = path.to_str().unwrap();
    let in_file = Environment::from_iter([("KEY_FILE", path)]);
    let both = Environment::from_iter([("KEY_FILE", path), ("KEY", "k")]);
    let (secret, clash) = (in_file.secret("KEY"), both.secret("KEY"));
    fs::remove_file(path).unwrap();
    assert_eq!(secret.unwrap().as_deref(), Some("geheim"));
    let told = clash.unwrap_err().to_string();
    assert!(
        told.contains("KEY_FILE and KEY are both set; name"),
        "{told}"
    );
    let told = in_file.secret("KEY").unwrap_err().to_string();
    assert!(told.contains("cannot be read"), "{told}");
    assert_eq!(Environment::default().secret("KEY"), Ok(None));
}

#[test]
fn debug_prints_no_value() {
    let environment = Environment::from_iter([("KEY", "geheim")]);
    assert_eq!(format!("{environment:?}"), "{\"KEY\"}");
}

/// Writes a configuration file with this text, and returns the environment that names it.
#[cfg(feature = "config-file")]
fn with_config(name: &str, text: &str, variables: &[(&str, &str)]) -> (Environment, Vec<String>) {
    let path = env::temp_dir().join(format!("toolgate-{name}-{}.toml", process::id()));
    fs::write(&path, text).unwrap();
    let named = [(CONFIG, path.to_str().unwrap())];
    let mut environment: Environment = named.iter().chain(variables).copied().collect();
    let mut errors = SetupErrors::default();
    environment.add_config_file(&mut errors);
    fs::remove_file(&path).unwrap();
    let errors = match errors.finish(()) {
        Ok(()) => Vec::new(),
        Err(error) => error.errors().iter().map(ToString::to_string).collect(),
    };
    (environment, errors)
}

#[cfg(feature = "config-file")]
#[test]
fn a_configuration_file_sets_the_variables_that_the_environment_does_not_set() {
    let text = "bind = \"127.0.0.1:9000\"\nsessions = false\nbanner = false\n";
    let variables = [("TOOLGATE_BIND", "127.0.0.1:7000"), ("TOOLGATE_BANNER", "")];
    let (environment, errors) = with_config("sets", text, &variables);
    assert!(errors.is_empty(), "{errors:?}");
    let config = Config::from_environment(&environment, 8000).unwrap();
    let report = config.report(&environment).unwrap();
    for line in [
        "bind                       127.0.0.1:7000",
        "sessions                   off",
        "TOOLGATE_BIND is \"127.0.0.1:7000\", from the process",
        "TOOLGATE_SESSIONS is \"off\", from the configuration file",
        "TOOLGATE_BANNER is \"off\", from the configuration file",
    ] {
        assert!(report.contains(line), "{line}: {report}");
    }
}

#[cfg(feature = "config-file")]
#[test]
fn the_error_of_a_value_says_where_it_is_in_the_file() {
    let text = "\nsessions = \"maybe\"\nbind = \"nowhere\"\n";
    let (environment, errors) = with_config("places", text, &[]);
    assert!(errors.is_empty(), "{errors:?}");
    let told = Config::from_environment(&environment, 8000).unwrap_err();
    let told = told.to_string();
    for part in [
        "TOOLGATE_SESSIONS is \"maybe\"",
        "line 2: the key \"sessions\")",
        "TOOLGATE_BIND is \"nowhere\"",
        "line 3: the key \"bind\")",
    ] {
        assert!(told.contains(part), "{part}: {told}");
    }
}

#[cfg(feature = "config-file")]
#[test]
fn every_error_of_a_configuration_file_is_reported() {
    let (environment, errors) = with_config("errors", "bnd = 1\nstate_key = \"a\"\n", &[]);
    assert_eq!(errors.len(), 2, "{errors:?}");
    assert_eq!(environment.names().count(), 1);
    let mut absent = Environment::from_iter([(CONFIG, "/nowhere/toolgate.toml")]);
    let mut errors = SetupErrors::default();
    absent.add_config_file(&mut errors);
    let told = errors.into_error().to_string();
    assert!(told.contains("cannot be read"), "{told}");
}

#[cfg(not(feature = "config-file"))]
#[test]
fn a_configuration_file_that_cannot_be_read_is_an_error_and_not_ignored() {
    let path = env::temp_dir().join(format!("toolgate-unread-{}.toml", process::id()));
    fs::write(&path, "sessions = false\n").unwrap();
    let mut environment = Environment::from_iter([(CONFIG, path.to_str().unwrap())]);
    let mut errors = SetupErrors::default();
    environment.add_config_file(&mut errors);
    fs::remove_file(&path).unwrap();
    let told = errors.into_error().to_string();
    assert!(told.contains("feature `config-file`"), "{told}");
}

#[cfg(target_os = "linux")]
#[test]
fn a_configuration_file_without_an_end_is_an_error() {
    let mut endless = Environment::from_iter([(CONFIG, "/dev/zero")]);
    let mut errors = SetupErrors::default();
    endless.add_config_file(&mut errors);
    let told = errors.into_error().to_string();
    assert!(told.contains("is larger than 1048576 bytes"), "{told}");
}
