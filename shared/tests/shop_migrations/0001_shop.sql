CREATE TABLE orders (id uuid PRIMARY KEY, total bigint NOT NULL, history int[] NOT NULL);
CREATE TABLE customers (id uuid PRIMARY KEY);
