//! Tools whose arguments have more rules than a type.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Deserialize;
use toolgate::Args;

/// A contact. The suite defines its schema exactly.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Contact {
    name: Option<String>,
    address: Option<Address>,
    contact_method: Option<String>,
    phone: Option<String>,
    email: Option<String>,
}

#[derive(Deserialize)]
struct Address {
    street: Option<String>,
    city: Option<String>,
}

impl JsonSchema for Contact {
    fn schema_name() -> Cow<'static, str> {
        "Contact".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            "type": "object",
            "$defs": {
                "address": {
                    "$anchor": "addressDef",
                    "type": "object",
                    "properties": {
                        "street": { "type": "string" },
                        "city": { "type": "string" },
                    },
                },
            },
            "properties": {
                "name": { "type": "string" },
                "address": { "$ref": "#/$defs/address" },
                "contactMethod": { "type": "string", "enum": ["phone", "email"] },
                "phone": { "type": "string" },
                "email": { "type": "string" },
            },
            "allOf": [{ "anyOf": [{ "required": ["phone"] }, { "required": ["email"] }] }],
            "if": {
                "properties": { "contactMethod": { "const": "phone" } },
                "required": ["contactMethod"],
            },
            "then": { "required": ["phone"] },
            "else": { "required": ["email"] },
            "additionalProperties": false,
        })
    }
}

impl Contact {
    fn told(self) -> String {
        let Address { street, city } = self.address.unwrap_or(Address {
            street: None,
            city: None,
        });
        let parts = [
            self.name,
            street,
            city,
            self.contact_method,
            self.phone,
            self.email,
        ];
        parts.into_iter().flatten().collect::<Vec<_>>().join(", ")
    }
}

offer! {
    mcp_tool, tools: ToolSet;

    /// Returns the fields of a contact.
    #[and(read_only)]
    async fn json_schema_2020_12_tool(Args(contact): Args<Contact>) -> String {
        contact.told()
    }

    /// Returns the region and the count, which clients repeat in headers.
    #[and(read_only)]
    async fn test_x_mcp_header(
        /// The region.
        #[arg(header = "Region")]
        region: String,
        /// How many.
        #[arg(header = "Count")]
        count: Option<i64>,
    ) -> String {
        format!("{region} {count:?}")
    }
}
