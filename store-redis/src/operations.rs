//! The operations of the store as commands of Redis.

use std::time::Duration;

use futures_util::FutureExt;
use redis::{AsyncCommands, RedisResult};
use toolgate_store::{PutNew, RateRule, SharedStore, StoreError, StoreFuture};

use crate::RedisStore;

/// The index of the last byte that is read of a value: a store must not fill the memory.
const LAST: isize = 512 * 1024;

impl SharedStore for RedisStore {
    fn get<'s>(&'s self, key: &'s str) -> StoreFuture<'s, Option<Vec<u8>>> {
        async move {
            let read: RedisResult<Vec<u8>> = self.connection()?.getrange(key, 0, LAST).await;
            Ok(some(read.map_err(StoreError::unavailable)?))
        }
        .boxed()
    }

    fn put<'s>(&'s self, key: &'s str, value: Vec<u8>, lifetime: Duration) -> StoreFuture<'s, ()> {
        async move {
            let mut connection = self.connection()?;
            let put = connection.pset_ex(key, value, millis(lifetime));
            put.await.map_err(StoreError::unavailable)
        }
        .boxed()
    }

    fn put_new<'s>(
        &'s self,
        key: &'s str,
        value: Vec<u8>,
        lifetime: Duration,
        witness: &'s str,
    ) -> StoreFuture<'s, PutNew> {
        async move {
            let mut both = redis::pipe();
            both.atomic();
            both.cmd("SET").arg(key).arg(value);
            both.arg("NX").arg("PX").arg(millis(lifetime));
            both.cmd("GETRANGE").arg(witness).arg(0).arg(LAST);
            let done: RedisResult<(Option<String>, Vec<u8>)> =
                both.query_async(&mut self.connection()?).await;
            let (set, witness) = done.map_err(StoreError::unavailable)?;
            Ok(PutNew {
                is_new: set.is_some(),
                witness: some(witness),
            })
        }
        .boxed()
    }

    fn replace<'s>(
        &'s self,
        key: &'s str,
        expected: Option<Vec<u8>>,
        value: Vec<u8>,
        lifetime: Duration,
    ) -> StoreFuture<'s, bool> {
        async move {
            let mut call = self.scripts().replace.key(key);
            call.arg(expected.unwrap_or_default());
            call.arg(value).arg(millis(lifetime));
            let done: RedisResult<i64> = call.invoke_async(&mut self.connection()?).await;
            Ok(done.map_err(StoreError::unavailable)? == 1)
        }
        .boxed()
    }

    fn remove<'s>(&'s self, key: &'s str) -> StoreFuture<'s, ()> {
        async move {
            let removed: RedisResult<()> = self.connection()?.del(key).await;
            removed.map_err(StoreError::unavailable)
        }
        .boxed()
    }

    fn take<'s>(&'s self, rates: Vec<RateRule>) -> StoreFuture<'s, Option<(usize, Duration)>> {
        async move {
            let mut call = self.scripts().take.prepare_invoke();
            for rate in rates {
                call.key(rate.key);
                call.arg(micros(rate.interval)).arg(micros(rate.burst));
            }
            let done: RedisResult<(usize, u64)> = call.invoke_async(&mut self.connection()?).await;
            let (number, wait) = done.map_err(StoreError::unavailable)?;
            // Lua counts from 1, and 0 means that no rate is used up.
            let index = number.checked_sub(1);
            Ok(index.map(|index| (index, Duration::from_micros(wait))))
        }
        .boxed()
    }
}

/// Redis returns an empty value for a key without one.
fn some(value: Vec<u8>) -> Option<Vec<u8>> {
    (!value.is_empty()).then_some(value)
}

/// A lifetime of zero is an error in Redis.
fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX).max(1)
}

fn micros(time: Duration) -> u64 {
    u64::try_from(time.as_micros()).unwrap_or(u64::MAX)
}
