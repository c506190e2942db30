/// Counts what is still to be done.
#[mcp_tool(scope = scope::READ, read_only)]
async fn count(#[extract] owner: Owner, State(store): State<Store>) -> Result<usize, StoreError> {
    let todos = store.list(owner).await?;
    Ok(todos.iter().filter(|todo| !todo.done).count())
}
