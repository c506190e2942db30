// errors: 1
use toolgate::resources;

fn plain() {}

fn server(_: impl FnOnce(&mut toolgate::ResourceSet<()>)) {}

fn main() {
    server(resources![plain]);
    plain();
}
