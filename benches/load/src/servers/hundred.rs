//! A server with a hundred tools, for `tools/list`.

use tokio::net::TcpListener;
use toolgate::{Server, ToolSet, mcp_tool, tools};

use super::with_toolgate;
use crate::Fault;

macro_rules! a_tool_for_each {
    ($($name:ident)*) => {
        $(
            /// Finds what was said about one subject in a period of time.
            #[mcp_tool(scope = "archive:read", read_only)]
            async fn $name(
                /// What it is about, in a few words.
                #[arg(min_length = 1, max_length = 200)]
                subject: String,
                /// How many to give at most.
                #[arg(minimum = 1, maximum = 50)]
                limit: Option<u32>,
            ) -> String {
                format!("{subject} {limit:?}")
            }
        )*

        fn all(set: &mut ToolSet<()>) {
            tools![$($name),*](set);
        }
    };
}

a_tool_for_each! {
    t00 t01 t02 t03 t04 t05 t06 t07 t08 t09
    t10 t11 t12 t13 t14 t15 t16 t17 t18 t19
    t20 t21 t22 t23 t24 t25 t26 t27 t28 t29
    t30 t31 t32 t33 t34 t35 t36 t37 t38 t39
    t40 t41 t42 t43 t44 t45 t46 t47 t48 t49
    t50 t51 t52 t53 t54 t55 t56 t57 t58 t59
    t60 t61 t62 t63 t64 t65 t66 t67 t68 t69
    t70 t71 t72 t73 t74 t75 t76 t77 t78 t79
    t80 t81 t82 t83 t84 t85 t86 t87 t88 t89
    t90 t91 t92 t93 t94 t95 t96 t97 t98 t99
}

pub(super) async fn serve(listener: TcpListener, issuer: &str) -> Result<(), Fault> {
    with_toolgate(listener, issuer, Server::new("archive").tools(all)).await
}
