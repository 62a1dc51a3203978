-- replace and on duplicate key
create table keyed (id int primary key, u int unique, a int);
insert into keyed values (1, 10, 1), (2, 20, 2);
replace into keyed values (1, 10, 5);
replace into keyed values (3, 20, 6);
insert into keyed values (1, 11, 7) on duplicate key update a = 8;
insert into keyed values (9, 10, 7) on duplicate key update a = 9, id = 9;
insert ignore into keyed values (9, 10, 7);
=> CREATED keyed 1 {id=int64 1, u=int64 10, a=int64 1}
=> CREATED keyed 2 {id=int64 2, u=int64 20, a=int64 2}
=> DELETED keyed 1 was {id=int64 1, u=int64 10, a=int64 1}
=> CREATED keyed 1 {id=int64 1, u=int64 10, a=int64 5}
=> DELETED keyed 2 previous {id=int64 3} was {id=int64 2, u=int64 20, a=int64 2}
=> CREATED keyed 3 previous {id=int64 2} {id=int64 3, u=int64 20, a=int64 6}
=> UPDATED keyed 1 {id=int64 1, u=int64 10, a=int64 8} was {id=int64 1, u=int64 10, a=int64 5} changed [a]
=> DELETED keyed 1 previous {id=int64 9} was {id=int64 1, u=int64 10, a=int64 8}
=> CREATED keyed 9 previous {id=int64 1} {id=int64 9, u=int64 10, a=int64 9}

-- savepoints
create table saved (id int primary key);
begin;
insert into saved values (1);
savepoint a;
insert into saved values (2);
rollback to a;
insert into saved values (3);
savepoint b;
insert into saved values (4);
release savepoint b;
commit;
begin;
insert into saved values (5);
rollback;
=> CREATED saved 1 {id=int64 1}
=> CREATED saved 3 {id=int64 3}
=> CREATED saved 4 {id=int64 4}

-- create table as select
create table first_of (id int primary key, a int);
insert into first_of values (1, 1), (2, 2);
create table copied (id int primary key, a int) as select * from first_of;
insert into copied values (3, 3);
=> CREATED first_of 1 {id=int64 1, a=int64 1}
=> CREATED first_of 2 {id=int64 2, a=int64 2}
=> CREATED copied 1 {id=int64 1, a=int64 1}
=> CREATED copied 2 {id=int64 2, a=int64 2}
=> CREATED copied 3 {id=int64 3, a=int64 3}

-- an engine without transactions
create table plain (id int primary key, a int) engine = MyISAM;
insert into plain values (1, 1), (2, 2);
update plain set a = 3 where id = 2;
delete from plain where id = 1;
=> CREATED plain 1 {id=int64 1, a=int64 1}
=> CREATED plain 2 {id=int64 2, a=int64 2}
=> UPDATED plain 2 {id=int64 2, a=int64 3} was {id=int64 2, a=int64 2} changed [a]
=> DELETED plain 1 was {id=int64 1, a=int64 1}

-- keys that change
create table moved (id int primary key, a int, b int, unique (a, b));
insert into moved values (1, 1, 1), (2, 2, 2);
update moved set id = 5 where id = 1;
update moved set id = id + 10, a = 3;
update moved set a = 4 where id = 12;
=> CREATED moved 1 {id=int64 1, a=int64 1, b=int64 1}
=> CREATED moved 2 {id=int64 2, a=int64 2, b=int64 2}
=> DELETED moved 1 previous {id=int64 5} was {id=int64 1, a=int64 1, b=int64 1}
=> CREATED moved 5 previous {id=int64 1} {id=int64 5, a=int64 1, b=int64 1}
=> DELETED moved 2 previous {id=int64 12} was {id=int64 2, a=int64 2, b=int64 2}
=> CREATED moved 12 previous {id=int64 2} {id=int64 12, a=int64 3, b=int64 2}
=> DELETED moved 5 previous {id=int64 15} was {id=int64 5, a=int64 1, b=int64 1}
=> CREATED moved 15 previous {id=int64 5} {id=int64 15, a=int64 3, b=int64 1}
=> UPDATED moved 12 {id=int64 12, a=int64 4, b=int64 2} was {id=int64 12, a=int64 3, b=int64 2} changed [a]

-- columns added, dropped, renamed and moved
create table shaped (id int primary key, a varchar(10), b int);
insert into shaped values (1, 'x', 1);
alter table shaped add column c int default 7 after id;
insert into shaped (id, a, b) values (2, 'y', 2);
alter table shaped drop column b;
update shaped set a = 'z' where id = 1;
alter table shaped modify column a varchar(10) first;
insert into shaped (id, a) values (3, 'v');
alter table shaped rename column a to d;
update shaped set d = 'w', c = null where id = 3;
alter table shaped modify column c bigint unsigned, add column e enum('p', 'q') default 'q';
update shaped set d = 'u' where id = 2;
alter table shaped drop primary key, add primary key (c, id);
delete from shaped where id = 2;
=> CREATED shaped 1 {id=int64 1, a=string 'x', b=int64 1}
=> CREATED shaped 2 {id=int64 2, c=int64 7, a=string 'y', b=int64 2}
=> UPDATED shaped 1 {id=int64 1, c=int64 7, a=string 'z'} was {id=int64 1, c=int64 7, a=string 'x'} changed [a]
=> CREATED shaped 3 {a=string 'v', id=int64 3, c=int64 7}
=> UPDATED shaped 3 {d=string 'w', id=int64 3, c=null} was {d=string 'v', id=int64 3, c=int64 7} changed [d, c]
=> UPDATED shaped 2 {d=string 'u', id=int64 2, c=uint64 7, e=string 'q'} was {d=string 'y', id=int64 2, c=uint64 7, e=string 'q'} changed [d]
=> DELETED shaped 7,2 was {d=string 'u', id=int64 2, c=uint64 7, e=string 'q'}

-- triggers
create table watched (id int primary key, a int);
create table noted (id int primary key auto_increment, what varchar(20));
create trigger watch after insert on watched for each row insert into noted (what) values (concat('got ', new.id));
insert into watched values (1, 1), (2, 2);
=> CREATED watched 1 {id=int64 1, a=int64 1}
=> CREATED noted 1 {id=int64 1, what=string 'got 1'}
=> CREATED watched 2 {id=int64 2, a=int64 2}
=> CREATED noted 2 {id=int64 2, what=string 'got 2'}

-- a multi-table update and a load from a query
create table l (id int primary key, a int);
create table r (id int primary key, a int);
insert into l values (1, 1), (2, 2);
insert into r select id + 10, a from l;
update l join r on r.id = l.id + 10 set l.a = 5, r.a = 6 where l.id = 1;
delete l, r from l join r on r.id = l.id + 10 where l.id = 2;
=> CREATED l 1 {id=int64 1, a=int64 1}
=> CREATED l 2 {id=int64 2, a=int64 2}
=> CREATED r 11 {id=int64 11, a=int64 1}
=> CREATED r 12 {id=int64 12, a=int64 2}
=> UPDATED l 1 {id=int64 1, a=int64 5} was {id=int64 1, a=int64 1} changed [a]
=> UPDATED r 11 {id=int64 11, a=int64 6} was {id=int64 11, a=int64 1} changed [a]
=> DELETED l 2 was {id=int64 2, a=int64 2}
=> DELETED r 12 was {id=int64 12, a=int64 2}

-- names that need quotes
create table odd (id int primary key, `a b` int, `se``lect` int, `ü` int, `x.y` int);
insert into odd values (1, 2, 3, 4, 5);
=> CREATED odd 1 {id=int64 1, a b=int64 2, se`lect=int64 3, ü=int64 4, x.y=int64 5}
