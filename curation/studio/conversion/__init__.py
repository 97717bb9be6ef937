"""Any Label Studio JSON export as Parquet tables: nothing is dropped, and everything that is wrong is named."""
